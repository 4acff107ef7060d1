"""`appshare invite`."""

import io

import click

from appshare import errors
from appshare.command_line.command import Command, json_option
from appshare.command_line.output import Output
from appshare.command_line.server_address import ServerAddress
from appshare.command_line.server_certificate import fetch_trusted_certificate
from appshare.device_agent.agent_home import Account, AgentHome
from appshare.device_agent.commands.home import pass_home
from appshare.device_agent.invitation import Invitation


@click.command(
    cls=Command,
    examples="""
    appshare invite
    appshare invite --json
    """,
)
@json_option
@pass_home
def invite(home: AgentHome, output: Output) -> None:
    """Invite a friend to your cloud: a QR code and a link, which say where it is and how to know it.

    They hold nothing of yours, and let nobody in by themselves: everybody registers with a phone number of their own.
    """
    invitation = _invitation(home.account())
    if output.as_json:
        output.document({"link": str(invitation), "server": invitation.server, "sha256": invitation.fingerprint})
        return
    output.text(_qr_code(str(invitation)))
    output.text(str(invitation))
    output.text("Your friend types: appshare register LINK NUMBER")
    if invitation.address.is_loopback:
        output.note(f"{invitation.address} is this machine only: nobody else reaches it by this link.")


def _invitation(account: Account) -> Invitation:
    """The invitation to the cloud of an account; who trusts it by more than public authorities needs its fingerprint.

    Raises:
        errors.UnavailableError: the server does not answer, or shows a certificate that is not trusted.
    """
    where = ServerAddress.parse(account.server)
    if not where.tls or account.ca is None:
        return Invitation(where.address)
    try:
        shown = fetch_trusted_certificate(where.address, account.ca, account.server_name)
    except (OSError, ValueError) as error:
        raise errors.UnavailableError(
            errors.Reason.SERVICE_UNAVAILABLE,
            f"the server at {where.address} does not show a certificate that is trusted here: {error}",
        ) from None
    return Invitation(where.address, shown.sha256)


def _qr_code(text: str) -> str:
    """The code in half blocks, two rows of it per line."""
    import segno  # noqa: PLC0415  # only this command needs it

    drawn = io.StringIO()
    segno.make(text, micro=False).terminal(drawn, border=2, compact=True)
    return drawn.getvalue()
