"""Where the agent learns about a phone: the phone on a cable, the phone that it runs on, or files."""
