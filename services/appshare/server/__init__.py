"""`appshare-server`: starts a service, or all of them."""
