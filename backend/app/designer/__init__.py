"""From a goal to a specification by a model: what it is told, what it may answer, what is made of that."""
