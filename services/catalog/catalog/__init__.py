"""The catalog: items from the game's price list, packs made of them, and the rules of discount."""
