"""What the service promises over HTTP."""
