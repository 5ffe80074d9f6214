"""Numbers and times, right and wrong, as they may stand in a webhook body."""

from hypothesis import strategies as st

# Where a rule changes: the switch to milliseconds, years 0, 1 and 10000, 64 bit.
EDGE_NUMBERS = [
    "0",
    "-0",
    "1",
    "-1",
    "20000000000",
    "20000000001",
    "-20000000000",
    "-20000000001",
    "253402300799",
    "253402300799999",
    "253402300800000",
    "-62135596800000",
    "-62135596800001",
    "-62167219200000",
    "-62167219200001",
    "999999999999999999",
    "1000000000000000000",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775808",
    "-9223372036854775809",
]
EDGE_DECIMALS = [
    "-0.0",
    "0.0000005",
    "-1.0000005",
    "20000000000.5",
    "253402300799999.9",
    "-62167219200000.5",
    "1e-400",
    "0.1e1",
    "2.0000000001e10",
    "1E+05",
    "1e16",
    "1e-5",
    "1e-6",
    "9007199254740993.0",
    "4.9e-324",
    "1.7976931348623157e308",
]
NOT_FINITE = ["1e400", "-1e400", "1.7976931348623159e308", "NaN", "Infinity", "-Infinity"]
NO_NUMBERS = ["01", "-", "+1", "1.", ".5", "1e", "1e+", "0x10", "1_0", "--1", "-NaN", "nan"]
NUMBER_TEXTS = [
    ".",
    "-.",
    ".5",
    "-.5",
    "+.5",
    "5.",
    "1.e3",
    "1.5e3",
    "1.5e",
    "1.5e400",
    "1.5e-400",
    "1e5",
    "+5",
    "+-5",
    "00",
    "007",
    "00.5",
    "nan",
    "inf.",
    "1..5",
    "1_000",
    "\u0661",
]


def joined(*parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.tuples(*parts).map("".join)


def two_digits(highest: int) -> st.SearchStrategy[str]:
    return st.integers(0, highest).map("{:02d}".format)


integers = st.integers(-(10**25), 10**25).map(str)
floats = st.floats(allow_nan=False, allow_infinity=False).map(repr)
unix_times = st.one_of(
    st.floats(-3e10, 3e10).map(repr),
    st.floats(-7e13, 3e14).map(repr),
    st.integers(-7 * 10**13, 3 * 10**14).map(str),
)
numbers = st.one_of(
    st.sampled_from([*EDGE_NUMBERS, "1" + "0" * 400, *EDGE_DECIMALS]), integers, floats, unix_times
)
number_texts = st.one_of(numbers, st.sampled_from([*NUMBER_TEXTS, " 5", "5 "]))

dates = joined(
    st.sampled_from(
        ("2024", "2000", "1900", "1970", "0000", "0001", "9999", "24", "+202", "\u0662024")
    ),
    st.sampled_from("--/"),
    two_digits(13),
    st.just("-"),
    two_digits(32),
)
clocks = joined(
    st.sampled_from("TTt _x"),
    two_digits(24),
    st.sampled_from((":", ":", "")),
    two_digits(60),
    st.one_of(st.just(""), joined(st.just(":"), two_digits(60))),
    st.one_of(st.just(""), joined(st.sampled_from(".,"), st.text("0123456789", max_size=10))),
)
offsets = st.one_of(
    st.sampled_from(("", "Z", "z", " Z", "Z ", "+", "+1", "UTC", "-00:00", "+01:00:30")),
    joined(
        st.sampled_from(("+", "-", "\u2212")),
        two_digits(24),
        st.sampled_from((":", "")),
        two_digits(60),
    ),
)
PLAIN_TIMES = (
    "2024-05-15T10:30:00Z",
    "2024-02-29 23:59:59.999999-07:00",
    "1969-12-31t00:00+0530",
    "0001-01-01",
    "1715769000",
)
valid_times = st.datetimes().map(lambda when: when.isoformat())
times = st.one_of(
    joined(valid_times, offsets),
    joined(valid_times, offsets),
    joined(dates, clocks, offsets),
    dates,
    number_texts,
    st.text(max_size=12),
)
