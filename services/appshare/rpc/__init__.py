"""gRPC as every service, gateway and client of AppShare uses it."""
