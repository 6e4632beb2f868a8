"""
CG-aware trailing: the pure part. Arrays and numbers in, arrays and numbers out.

    settings    every number, with its default
    atr         the unit of all distances
    plan        EntryPlan, made once at the first fill
    state       what a stop knows at a candle, and what a candle tells it
    step        the rules, candle by candle: the reference
    path        the same for whole arrays
    trade_path  the path of one open trade, computed ahead in blocks
    stops       small questions about one stop price
    health      what speaks against an open position
    exits       early exits
    prepare     a pair's columns as arrays, found again by time
"""
