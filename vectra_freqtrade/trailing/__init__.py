"""
CG-aware trailing: the pure part. Arrays and numbers in, arrays and numbers out.

    plan        EntryPlan, made once at the first fill
    rules       what a closed candle does to a stop
    trade_path  one open trade's stop, computed ahead in blocks
    exits       early exits, and questions about one stop price
    prepare     a pair's columns as arrays, found again by time
"""
