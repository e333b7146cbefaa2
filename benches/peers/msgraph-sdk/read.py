"""Reads all users with Microsoft's Python client and its page iterator, and prints their number.

Argument: the URL of the page server.
"""

import asyncio
import sys

from kiota_abstractions.authentication import AnonymousAuthenticationProvider
from kiota_abstractions.base_request_configuration import RequestConfiguration
from msgraph import GraphRequestAdapter, GraphServiceClient
from msgraph.generated.users.users_request_builder import UsersRequestBuilder
from msgraph_core.tasks.page_iterator import PageIterator


async def read() -> int:
    adapter = GraphRequestAdapter(AnonymousAuthenticationProvider())
    adapter.base_url = f"{sys.argv[1]}/v1.0"
    client = GraphServiceClient(request_adapter=adapter)
    parameters = UsersRequestBuilder.UsersRequestBuilderGetQueryParameters(top=999)
    first = await client.users.get(RequestConfiguration(query_parameters=parameters))
    users = 0

    def count(_user) -> bool:
        nonlocal users
        users += 1
        return True

    await PageIterator(first, adapter).iterate(count)
    return users


print(asyncio.run(read()))
