"""The operator's console: `client.OperatorClient` for programs, the command `appshare-admin` for people and scripts."""
