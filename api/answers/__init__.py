"""What the API answers, as types: one file for each part of the desk; the OpenAPI document is made from them."""
