"""What a call costs beyond gRPC itself."""
