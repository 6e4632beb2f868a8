"""
HTTP, and nothing else is: the client, its retries and the names that CoinGlass uses.

    account   the key, its plan, what was refused
    budget    how many requests a minute, shared by threads and processes
    answers   bytes of an answer to rows in our own units; pure
    names     what CoinGlass calls a coin, and its names' rows together
"""
