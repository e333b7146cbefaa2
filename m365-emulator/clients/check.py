"""Runs Microsoft's own Python clients, unchanged, against the emulator.

They are MSAL, azure-identity and msgraph-sdk. This check is not part of the tests, because it needs
the network to install the clients. To run it:
`python3 -m venv .venv && .venv/bin/pip install msal msgraph-sdk azure-identity deprecated`, start
`cargo run -p m365-emulator -- --users 1200 --rooms 250 --tls ca.pem > emulator.json`, wait for its
first line, then `.venv/bin/python clients/check.py emulator.json ca.pem`. It prints one line for
each check, and exits with 1 if one failed.
"""

import asyncio
import html
import json
import os
import pathlib
import re
import ssl
import sys
import traceback
import urllib.parse
import urllib.request

import httpx
import msal
from azure.core.pipeline.transport import RequestsTransport
from azure.identity import ClientSecretCredential
from kiota_abstractions.authentication import AccessTokenProvider, AllowedHostsValidator
from kiota_abstractions.authentication.base_bearer_token_authentication_provider import (
    BaseBearerTokenAuthenticationProvider,
)
from kiota_abstractions.base_request_configuration import RequestConfiguration
from kiota_abstractions.method import Method
from kiota_abstractions.request_information import RequestInformation
from msgraph import GraphRequestAdapter, GraphServiceClient
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph.generated.users.delta.delta_request_builder import DeltaRequestBuilder
from msgraph.generated.users.users_request_builder import UsersRequestBuilder
from msgraph_core import GraphClientFactory
from msgraph_core.models.page_result import PageResult
from msgraph_core.requests.batch_request_content import BatchRequestContent
from msgraph_core.tasks.page_iterator import PageIterator

# These variables would take precedence over the `verify` that MSAL gets.
os.environ.pop("REQUESTS_CA_BUNDLE", None)
os.environ.pop("CURL_CA_BUNDLE", None)

emulator = json.loads(open(sys.argv[1]).readline())
ca = sys.argv[2]
tenant = f"{emulator['authority']}/{emulator['tenantId']}"
scope = f"{emulator['graph']}/.default"
failed = 0


def check(name, holds, detail=""):
    global failed
    failed += not holds
    print("ok  " if holds else "FAIL", name, detail)


def admin(method, path, body=None, raw=None):
    request = urllib.request.Request(
        f"{emulator['graph']}/_emulator/{path}",
        method=method,
        data=raw or (body and json.dumps(body).encode()),
    )
    with urllib.request.urlopen(request, context=ssl.create_default_context(cafile=ca)) as answer:
        text = answer.read()
    return json.loads(text) if text else None


def msal_checks():
    def application(secret=emulator["clientSecret"], authority=tenant, client=emulator["clientId"]):
        return msal.ConfidentialClientApplication(
            client,
            client_credential=secret,
            authority=authority,
            instance_discovery=False,
            verify=ca,
        )

    token = application().acquire_token_for_client([scope])
    check("MSAL gets a token", "access_token" in token, token.get("error_description", ""))
    token = application().acquire_token_for_client(["https://graph.microsoft.com/.default"])
    check("MSAL gets a token for the address that SDKs have built in", "access_token" in token)
    refused = application(secret="wrong").acquire_token_for_client([scope])
    check(
        "MSAL reads a wrong secret",
        refused.get("error_codes") == [7000215],
        str(refused.get("error")),
    )
    refused = application(client="00000000-0000-4000-8000-000000000000").acquire_token_for_client(
        [scope]
    )
    check(
        "MSAL reads an unknown client",
        refused.get("error_codes") == [700016],
        str(refused.get("error")),
    )
    refused = application().acquire_token_for_client(["User.Read"])
    check(
        "MSAL reads a wrong scope",
        refused.get("error_codes") == [1002012],
        str(refused.get("error")),
    )
    try:
        other = emulator["authority"] + "/00000000-0000-4000-8000-000000000000"
        application(authority=other).acquire_token_for_client([scope])
        check("MSAL refuses an unknown tenant", False)
    except ValueError as error:
        check(
            "MSAL refuses an unknown tenant", "Unable to get authority configuration" in str(error)
        )


def certificate_checks():
    pem = (
        pathlib.Path(__file__).parent.parent / "tests/fixtures/client-certificate.pem"
    ).read_text()
    end = "-----END CERTIFICATE-----"
    certificate, key = pem.split(end)
    today = {"private_key": key.strip(), "public_certificate": certificate + end}

    def token(credential):
        application = msal.ConfidentialClientApplication(
            emulator["clientId"],
            client_credential=credential,
            authority=tenant,
            instance_discovery=False,
            verify=ca,
        )
        return application.acquire_token_for_client([scope])

    refused = token(today)
    check(
        "MSAL reads that a certificate is unknown",
        refused.get("error_codes") == [700027],
        str(refused.get("error")),
    )
    thumbprint = admin("POST", "certificates", raw=pem.encode())["thumbprint"]
    taken = token(today)
    check(
        "MSAL gets a token with a certificate",
        "access_token" in taken,
        taken.get("error_description", ""),
    )
    taken = token({"private_key": key.strip(), "thumbprint": thumbprint})
    check(
        "MSAL gets one by SHA-1 thumbprint",
        "access_token" in taken,
        taken.get("error_description", ""),
    )


class Redirected(Exception):
    """Carries the parameters that the application gets."""


class Browser(urllib.request.HTTPRedirectHandler):
    """Opens a page of Entra, and presses one of its buttons."""

    def __init__(self):
        self.opener = urllib.request.build_opener(
            self, urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=ca))
        )

    def redirect_request(self, request, body, status, message, headers, url):
        raise Redirected(dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(url).query)))

    def press(self, url, name, value):
        page = self.opener.open(url).read().decode()
        hidden = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', page)
        fields = [tuple(map(html.unescape, field)) for field in hidden] + [(name, value)]
        try:
            self.opener.open(url.split("?")[0], urllib.parse.urlencode(fields).encode())
        except Redirected as redirected:
            return redirected.args[0]


def sign_in_checks():
    application = msal.ConfidentialClientApplication(
        emulator["clientId"],
        client_credential=emulator["clientSecret"],
        authority=tenant,
        instance_discovery=False,
        verify=ca,
    )
    users = admin("GET", "users?$top=50")["value"]
    user = next(user for user in users if user["accountEnabled"] and user["userType"] == "Member")

    def begin():
        return application.initiate_auth_code_flow(
            [], redirect_uri="http://localhost:5000/signed-in"
        )

    flow = begin()
    back = Browser().press(flow["auth_uri"], "account", user["id"])
    tokens = application.acquire_token_by_auth_code_flow(flow, back)
    claims = tokens.get("id_token_claims", {})
    check(
        "MSAL signs a user in", claims.get("oid") == user["id"], tokens.get("error_description", "")
    )
    check("MSAL reads the tenant", claims.get("tid") == emulator["tenantId"])
    again = application.acquire_token_by_auth_code_flow(flow, back)
    check(
        "MSAL cannot use a code twice", again.get("error_codes") == [54005], str(again.get("error"))
    )
    flow = begin()
    back = Browser().press(flow["auth_uri"], "cancel", "true")
    refused = application.acquire_token_by_auth_code_flow(flow, back)
    check(
        "MSAL reads a cancelled sign-in",
        refused.get("error") == "access_denied",
        str(refused.get("error")),
    )
    flow = begin()
    back = Browser().press(flow["auth_uri"], "account", user["id"])
    admin("POST", "faults", {"then": {"idToken": "wrongNonce"}})
    try:
        application.acquire_token_by_auth_code_flow(flow, back)
        check("MSAL refuses a wrong nonce", False)
    except RuntimeError as error:
        check("MSAL refuses a wrong nonce", "nonce" in str(error), str(error)[:60])


class Credential(AccessTokenProvider):
    """azure-identity for the token; the SDK's own provider refuses hosts other than Microsoft's."""

    def __init__(self):
        self.credential = ClientSecretCredential(
            emulator["tenantId"],
            emulator["clientId"],
            emulator["clientSecret"],
            authority=emulator["authority"],
            disable_instance_discovery=True,
            transport=RequestsTransport(connection_verify=ca),
        )
        self.hosts = AllowedHostsValidator([])

    async def get_authorization_token(self, uri, additional_authentication_context={}):
        return self.credential.get_token("https://graph.microsoft.com/.default").token

    def get_allowed_hosts_validator(self):
        return self.hosts


async def graph_checks():
    http = GraphClientFactory.create_with_default_middleware(
        client=httpx.AsyncClient(
            verify=ssl.create_default_context(cafile=ca),
            http2=True,
            base_url=emulator["graph"] + "/v1.0",
        )
    )
    adapter = GraphRequestAdapter(BaseBearerTokenAuthenticationProvider(Credential()), client=http)
    adapter.base_url = emulator["graph"] + "/v1.0"
    graph = GraphServiceClient(request_adapter=adapter)
    truth = admin("GET", "truth")

    organization = await graph.organization.get()
    check("SDK reads the organization", organization.value[0].id == emulator["tenantId"])

    query = UsersRequestBuilder.UsersRequestBuilderGetQueryParameters(
        select=[
            "id",
            "displayName",
            "mail",
            "accountEnabled",
            "proxyAddresses",
            "onPremisesExtensionAttributes",
        ],
        top=999,
        count=True,
    )
    configuration = RequestConfiguration(query_parameters=query)
    configuration.headers.add("ConsistencyLevel", "eventual")
    users = await graph.users.get(request_configuration=configuration)
    check("SDK counts users", users.odata_count == truth["users"], str(users.odata_count))
    seen = []
    await PageIterator(users, adapter).iterate(lambda user: seen.append(user) or True)
    check(
        "SDK pages through users", len({user.id for user in seen}) == truth["users"], str(len(seen))
    )
    check(
        "SDK reads complex properties",
        any(user.on_premises_extension_attributes.extension_attribute1 for user in seen),
    )

    one = await graph.users.by_user_id(seen[0].id).get()
    check("SDK reads a user", one.display_name == seen[0].display_name)
    count = await graph.users.count.get(
        request_configuration=(lambda c: (c.headers.add("ConsistencyLevel", "eventual"), c)[1])(
            RequestConfiguration()
        )
    )
    check("SDK reads $count", count == truth["users"], str(count))
    try:
        await graph.users.by_user_id("00000000-0000-4000-8000-000000000000").get()
        check("SDK reads an error", False)
    except ODataError as error:
        check(
            "SDK reads an error",
            error.error.code == "Request_ResourceNotFound"
            and error.error.inner_error.request_id is not None,
        )

    query = DeltaRequestBuilder.DeltaRequestBuilderGetQueryParameters(
        select=["displayName", "accountEnabled"]
    )
    page = await graph.users.delta.get(
        request_configuration=RequestConfiguration(query_parameters=query)
    )
    followed = {}
    while True:
        followed.update({user.id: user for user in page.value})
        if not page.odata_next_link:
            break
        page = await graph.users.delta.with_url(page.odata_next_link).get()
    check("SDK follows delta to its end", len(followed) == truth["users"], str(len(followed)))
    changed = {change["id"] for change in admin("POST", "change", {"users": 25})["changes"]}
    page = await graph.users.delta.with_url(page.odata_delta_link).get()
    reported = {user.id for user in page.value}
    check(
        "SDK reads changes from delta",
        reported <= changed and reported,
        f"{len(reported)} of {len(changed)}",
    )
    removed = [user for user in page.value if "@removed" in user.additional_data]
    check(
        "SDK sees @removed",
        bool(removed),
        str([user.additional_data["@removed"] for user in removed[:2]]),
    )

    rooms = []
    page = await graph.places.graph_room.get()
    while True:
        rooms += page.value
        if not page.odata_next_link:
            break
        page = await graph.places.graph_room.with_url(page.odata_next_link).get()
    check("SDK pages through rooms", len(rooms) == truth["rooms"], str(len(rooms)))
    check(
        "SDK reads room fields",
        any(room.capacity and room.address and room.address.city for room in rooms),
    )
    lists = await graph.places.graph_room_list.get()
    check("SDK lists room lists", len(lists.value) == truth["roomLists"], str(len(lists.value)))
    listed = await graph.places.by_place_id(
        lists.value[0].email_address
    ).graph_room_list.rooms.get()
    check("SDK lists the rooms of a list", len(listed.value) > 0, str(len(listed.value)))

    groups = await graph.groups.get()
    check("SDK lists groups", len(groups.value) == min(100, truth["groups"]))
    all_users = groups.value[0].id
    there = admin("GET", f"groups/{all_users}/members")["users"]
    members, page = [], await graph.groups.by_group_id(all_users).transitive_members.get()
    while True:
        members += page.value
        if not page.odata_next_link:
            break
        page = (
            await graph.groups.by_group_id(all_users)
            .transitive_members.with_url(page.odata_next_link)
            .get()
        )
    check(
        "SDK pages through members",
        sorted(user.id for user in members) == sorted(there),
        str(len(members)),
    )
    check(
        "SDK knows a member's type", type(members[0]).__name__ == "User", type(members[0]).__name__
    )
    reported, page = {}, await graph.groups.delta.get()
    while True:
        for group in page.value:
            reported.setdefault(group.id, []).extend(group.additional_data.get("members@delta", []))
        if not page.odata_next_link:
            break
        page = await graph.groups.delta.with_url(page.odata_next_link).get()
    memberships = sum(len(members) for members in reported.values())
    now = admin("GET", "truth")
    check(
        "SDK follows groups",
        (len(reported), memberships) == (now["groups"], now["memberships"]),
        str(memberships),
    )
    check("SDK is given a deltaLink of groups", bool(page.odata_delta_link))
    from msgraph.generated.users.item.check_member_groups import (
        check_member_groups_post_request_body as check_member_groups,
    )

    asked = check_member_groups.CheckMemberGroupsPostRequestBody(group_ids=[all_users])
    checked = await graph.users.by_user_id(there[0]).check_member_groups.post(asked)
    check("SDK checks a membership", checked.value == [all_users], str(checked.value))

    from msgraph.generated.users.item.calendar_view.calendar_view_request_builder import (
        CalendarViewRequestBuilder,
    )

    query = CalendarViewRequestBuilder.CalendarViewRequestBuilderGetQueryParameters(
        start_date_time="2025-03-03T00:00:00Z", end_date_time="2025-03-08T00:00:00Z", top=50
    )
    events = await graph.users.by_user_id(rooms[0].email_address).calendar_view.get(
        request_configuration=RequestConfiguration(query_parameters=query)
    )
    check(
        "SDK reads a room's calendar",
        bool(events.value) and events.value[0].start.time_zone == "UTC",
        str(len(events.value)),
    )

    content = BatchRequestContent()
    for user in seen[:19]:
        information = RequestInformation(
            Method.GET, "{+baseurl}/users/{id}", {"baseurl": adapter.base_url, "id": user.id}
        )
        content.add_request_information(information)
    missing = RequestInformation(
        Method.GET, "{+baseurl}/users/{id}", {"baseurl": adapter.base_url, "id": "nobody"}
    )
    content.add_request_information(missing)
    answer = await graph.batch.post(content)
    statuses = (
        sorted(item.status for item in answer.responses.values())
        if isinstance(answer.responses, dict)
        else sorted(item.status for item in answer.responses)
    )
    check("SDK sends a batch", len(statuses) == 20 and statuses[-1] == 404, str(statuses))

    throttled = {
        "match": {"path": "/organization"},
        "times": 2,
        "then": {
            "answer": {
                "status": 429,
                "headers": {"Retry-After": "1"},
                "body": {"error": {"code": "TooManyRequests", "message": "x"}},
            }
        },
    }
    admin("POST", "faults", throttled)
    organization = await graph.organization.get()
    check("SDK gets through throttling", organization.value[0].display_name == "Contoso")


for part in (msal_checks, certificate_checks, sign_in_checks, lambda: asyncio.run(graph_checks())):
    try:
        part()
    except Exception:
        failed += 1
        traceback.print_exc()
sys.exit(failed > 0)
