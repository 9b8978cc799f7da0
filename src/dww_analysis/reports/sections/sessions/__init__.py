"""What the quantities say of sessions, in blocks: themes, votes of the room, building blocks, coded remarks."""
