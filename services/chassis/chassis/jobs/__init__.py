"""Long work: asked for by a request, done by a worker, taken up again where a worker died, told of while it goes on."""
