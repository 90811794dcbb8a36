"""Start a control: ``python tools/new_control.py AdminMFAV2 entra``.

Writes the file with every field and the shape of its cases. What has to be decided is left empty,
so that ``securescore catalog lint`` names it until it is decided.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

CATALOG = Path(__file__).resolve().parent.parent / "src" / "securescore" / "catalog"
ID = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")

DRAFT = """\
id: {id}
version: 1
title: ""                     # true when it passes, at most 75 characters, your own words
category: ""                  # Identity | Data | Device | Apps | Infrastructure
product: {product}
max_score: 0                  # 1..10; name the sibling control it is set beside in the commit
max_score_basis: ""           # how it is known
scoring: all                  # all | proportional
tier: core                    # core | defense in depth | advanced
user_impact: low              # low | moderate | high
implementation_cost: low      # low | moderate | high
threats: []
license: any                  # or the service plans of which one is needed
confidence: unknown           # seen | documented | inferred | unknown
choice: ""                    # what nobody publishes, and what you chose
requires: []                  # every table that the query touches, also through views
frameworks: {{}}
why: ""                       # the attack, two or three sentences
fix: |
  1.
user_effect: ""
check_by_hand: ""             # with the vendor's own tools
learn_more:                   # one to three pages of the vendor about this setting
  - title: ""                 # what the page is about, your own words
    url: ""                   # https, an address that works in every language
sql: |
  select
    s.snapshot,
    'organization' as resource_id,
    'Organization' as resource_name,
    false as passed,
    '' as reason
  from snapshots s
cases:
  - name: it is in place
    given: {{}}
    expect: {{passed: 1, total: 1, failing: []}}
  - name: it is not, and one field differs
    given: {{}}
    expect: {{points: 0, failing: [organization], reasons: {{organization: ""}}}}
"""


def products() -> set[str]:
    """The product keys of ``catalog/products.yaml``."""
    text = (CATALOG / "products.yaml").read_text(encoding="utf-8")
    return set(re.findall(r"^([a-z0-9_]+):", text, re.MULTILINE))


def main() -> int:
    """Write the draft; 0 done, 2 the id or the product is wrong or taken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("id", help="Microsoft's id of the control, else <source>.<what-is-true>")
    parser.add_argument("product", help="a key of catalog/products.yaml")
    asked = parser.parse_args()
    if not ID.fullmatch(asked.id):
        parser.error("name the control: make new-control ID=AdminMFAV2 PRODUCT=entra")
    if asked.product not in products():
        parser.error(f"the product is one of: {', '.join(sorted(products()))}")
    taken = list((CATALOG / "controls").glob(f"*/{asked.id}.yaml"))
    if taken:
        parser.error(f"there is a control of this id: {taken[0].relative_to(CATALOG)}")
    path = CATALOG / "controls" / asked.product / f"{asked.id}.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(DRAFT.format(id=asked.id, product=asked.product), encoding="utf-8")
    print(f"{path}\nFill in every field (docs/guides/writing-controls.md), then:")
    print(f"make cases ID={asked.id}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
