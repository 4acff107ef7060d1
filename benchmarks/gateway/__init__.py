"""The gateway in front of its services, each a process, measured beside bare grpc.aio processes with the same hops."""
