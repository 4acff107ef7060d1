"""The whole flow of a device with nothing but generated stubs; docs/integrating.md explains every step.

It needs a cloud in development whose catalogue holds the sample chat. Every time it registers numbers of its own.
"""

import secrets
import tempfile
import uuid
from collections.abc import Iterable, Iterator
from pathlib import Path

from appshare.v1 import app_pb2, device_pb2, friendship_pb2, share_pb2
from appshare.v1 import device_gateway_pb2 as pb
from appshare.v1 import device_gateway_pb2_grpc as services
from download import download, match, part_of
from failure import failure_of
from phone import Phone, open_channel, register

CHAT = app_pb2.App(
    platform=device_pb2.PLATFORM_ANDROID,
    package_name="org.appshare.sample.chat",
    label="Sample Chat",
    version_name="3.0",
    version_code=300,
)


def sync_book(phone: Phone, contact_id: int, number: str) -> int:
    """Replaces the address book; the answer names its version, which the next delta starts from."""
    contact = friendship_pb2.Contact(contact_id=contact_id, numbers=[number])
    request = pb.SyncContactsRequest(full=friendship_pb2.ContactBook(contacts=[contact]))
    return phone.call(phone.friends.SyncContacts, request).book_version


def list_friends(phone: Phone) -> list[friendship_pb2.Friend]:
    """The first page of the friends, confirmed ones first."""
    return list(phone.call(phone.friends.ListFriends, pb.ListFriendsRequest()).friends)


def share_with_friends(phone: Phone) -> None:
    """Publishes all apps of the phone and says who may see one: nobody does before."""
    phone.call(phone.sharing.PublishApps, pb.PublishAppsRequest(full=share_pb2.Inventory(apps=[CHAT])))
    friends = share_pb2.Audience(kind=share_pb2.AUDIENCE_KIND_FRIENDS)
    change = share_pb2.AudienceChange(package_name=CHAT.package_name, audience=friends)
    phone.call(phone.sharing.SetAudiences, pb.SetAudiencesRequest(changes=[change]))


def list_shares(phone: Phone, owner: friendship_pb2.PersonRef) -> Iterator[share_pb2.Share]:
    """All that a person shares with the phone, page by page."""
    request = pb.ListSharesRequest(owner=owner, page_size=200)
    while True:
        page = phone.call(phone.sharing.ListShares, request)
        yield from page.shares
        if not page.next_page_token:
            return
        request.page_token = page.next_page_token


def accept_pushes(phone: Phone) -> None:
    """Accepts pushes of friends: nobody's are accepted before."""
    preference = share_pb2.PushPreference(policy=share_pb2.PUSH_POLICY_FRIENDS)
    phone.call(phone.sharing.SetPushPreference, pb.SetPushPreferenceRequest(preference=preference))


def push(phone: Phone, recipient: friendship_pb2.PersonRef, request_id: str) -> str:
    """Pushes all that is shared with a person; with the same request id it arrives once, however often it is sent."""
    request = pb.PushSharesRequest(recipients=[recipient], note="Have a look!", request_id=request_id)
    [outcome] = phone.call(phone.sharing.PushShares, request).outcomes
    return share_pb2.PushOutcome.Name(outcome)


def receive_push(phone: Phone) -> None:
    """Waits for a push, shows it, and acknowledges it then: a phone that stops before gets it again."""
    stream = phone.call(phone.inbox.Subscribe, pb.SubscribeRequest(), deadline=None)
    event = next(message.event for message in stream if message.event.HasField("shares_pushed"))
    stream.cancel()
    report("received", f"{labels(event.shares_pushed.shares)}: {event.shares_pushed.note}")
    phone.call(phone.inbox.AcknowledgeEvents, pb.AcknowledgeEventsRequest(through_position=event.position))


def show_failures(phone: Phone) -> None:
    """Calls that are refused, and what the refusals say."""
    stranger = friendship_pb2.PersonRef(number=new_number())
    failure = failure_of(lambda: list(list_shares(phone, stranger)))
    report("shares of a stranger", f"{failure.code} {failure.reason}")

    failure = failure_of(lambda: phone.call(phone.sharing.PushShares, pb.PushSharesRequest()))
    report("a push to nobody", f"{failure.code} {failure.reason} {failure.field}")

    failure = failure_of(lambda: ask_for_codes(phone.account, new_number()))
    come_back = "come back later" if failure.retry_after else "never come back"
    report("too many codes", f"{failure.code} {failure.reason}, {come_back}")

    failure = failure_of(lambda: list(phone.call(phone.inbox.Subscribe, pb.SubscribeRequest(), deadline=0.5)))
    report("a deadline", failure.code)


def ask_for_codes(account: services.AccountServiceStub, number: str) -> None:
    """Registers a number more often than any cloud lets it."""
    for _ in range(100):
        account.Register(pb.RegisterRequest(number=number), timeout=10)


def main() -> None:
    """Plays the flow and prints what every step has shown."""
    with open_channel() as channel:
        numbers = new_number(), new_number()
        li, zhang = (register(channel, number) for number in numbers)
        report("Li Wei's book", f"version {sync_book(li, 1, numbers[1])}")
        report("Zhang Min's book", f"version {sync_book(zhang, 7, numbers[0])}")
        [friend] = list_friends(zhang)
        report("a friend", f"contact {friend.contact_id}, {friendship_pb2.FriendshipLevel.Name(friend.level)}")

        share_with_friends(li)
        owner = friendship_pb2.PersonRef(contact_id=friend.contact_id)
        report("shared", labels(list_shares(zhang, owner)))
        play_push(li, zhang)
        play_download(zhang, owner)

        before = zhang.session.refresh_token
        zhang.refresh()
        kind = "the same" if zhang.session.refresh_token == before else "another"
        report("refreshed", f"{kind} token, {labels(list_shares(zhang, owner))}")
        show_failures(zhang)


def play_push(sender: Phone, recipient: Phone) -> None:
    """Sends a push twice and receives it once."""
    accept_pushes(recipient)
    request_id = str(uuid.uuid4())
    for _ in range(2):
        report("pushed", push(sender, friendship_pb2.PersonRef(contact_id=1), request_id))
    receive_push(recipient)
    left = recipient.call(recipient.inbox.ListEvents, pb.ListEventsRequest()).events
    report("left in the inbox", str(len(left)))


def play_download(phone: Phone, owner: friendship_pb2.PersonRef) -> None:
    """Downloads over a connection that breaks once."""
    [file] = match(phone, owner, CHAT.package_name).fit.files
    report("fits", file.name)
    with tempfile.TemporaryDirectory() as folder:
        download(phone, owner, CHAT.package_name, Path(folder), break_at=5_000)
        report("broken off", f"{part_of(file, Path(folder)).stat().st_size} bytes")
        [path] = download(phone, owner, CHAT.package_name, Path(folder))
        report("downloaded", f"{path.name}, {path.stat().st_size} bytes")


def labels(shares: Iterable[share_pb2.Share]) -> str:
    """The names that people see."""
    return ", ".join(share.app.label for share in shares)


def new_number() -> str:
    """A Chinese mobile number, so that the walkthrough can be played again."""
    return f"+86138{secrets.randbelow(10**8):08}"


def report(what: str, shown: str) -> None:
    """Prints what a step has shown."""
    print(f"{what}: {shown}")


if __name__ == "__main__":
    main()
