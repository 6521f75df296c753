"""The main job, walked by HTTP in ten steps, each saying in plain words what it did and checking what came back."""
