"""The device agent: `client.DeviceClient` for programs, the command `appshare` for people and scripts."""
