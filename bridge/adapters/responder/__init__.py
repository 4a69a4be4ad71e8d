"""Models and scripts that hold the conversation; see `bridge.ports.Responder`."""
