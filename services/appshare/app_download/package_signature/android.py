"""The API levels at which Android changed how it verifies packages."""

API_2_3 = 9
API_4_3 = 18
API_4_4 = 19
API_5_0 = 21
API_5_1 = 22

API_V2 = 24
"""Android 7.0: scheme v2; the older ones know the JAR signature only."""

API_V3 = 28
"""Android 9: scheme v3, with which the signer can change."""

API_VERITY = 28

API_V2_REQUIRED = 30
"""Android 11: a package that targets it needs more than a JAR signature."""

API_V31 = 33
"""Android 13: scheme v3.1, the same as v3 for the Androids that know it."""

API_NEWEST = 0x7FFFFFFF
"""Any Android to come; what v3 writes for `no upper limit`."""
