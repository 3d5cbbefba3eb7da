"""From the lines of the views and the rows of the core to the answers of the API."""
