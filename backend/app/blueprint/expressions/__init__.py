"""The closed language of figures and conditions: `quantity * price`, `count(Snag where status != "Closed")`."""
