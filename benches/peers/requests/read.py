"""Reads all users with requests and json, page by page, and prints their number.

Argument: the URL of the page server.
"""

import sys

import requests

session = requests.Session()
session.headers["authorization"] = "Bearer token"
link = f"{sys.argv[1]}/v1.0/users?$top=999"
users = 0
while link:
    page = session.get(link, timeout=100).json()
    users += len(page["value"])
    link = page.get("@odata.nextLink")
print(users)
