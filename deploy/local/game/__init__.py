"""A stand-in for a studio's game server: players, price list, deliveries, over real HTTP."""
