"""Pages and answers composed of several services: asked at once, each with its deadline, each failing alone."""
