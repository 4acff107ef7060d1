"""What operators may ask: one module for each service of `operator_gateway.proto`."""
