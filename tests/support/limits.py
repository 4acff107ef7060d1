"""The limits of calls, so high that a test which works for as long as something else takes does not meet them."""

LIFTED = dict.fromkeys(
    (
        "APPSHARE_CALLS_PER_DEVICE",
        "APPSHARE_COSTLY_CALLS_PER_DEVICE",
        "APPSHARE_CALLS_PER_NUMBER",
        "APPSHARE_COSTLY_CALLS_PER_NUMBER",
        "APPSHARE_CALLS_PER_PEER",
        "APPSHARE_LOOKUPS_PER_HOUR",
        "APPSHARE_LOOKUP_BURST",
    ),
    "1000000",
)
"""Variables of the servers."""
