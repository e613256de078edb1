"""From a goal to a specification by a model: its prompt, the form of its answer, and the reading of that."""
