"""Every free text of every form that people and programs send, with the longest that it takes. Told by hand.

A key is the name of a deed (tests/hostile/deeds_*.py): its route, the word of its address, who does it.
"""

NOTE, LINE = 8000, 200
PLACE = {"locality": 120, "street": 150, "house": 20, "entrance": 8, "floor": 8, "flat": 12}
CALL = PLACE | {
    "text": 8000, "caller_name": 200, "for_whom": 200, "access_note": 300, "handed_to": 120, "address": 320,
    "guided_for": 80, "phone": 40, "second_phone": 40, "outside_phone": 40, "site_phone": 40,
}  # fmt: skip
# Refused whatever is in them unless they are a telephone: sent beside the rest, they would refuse that as well.
NUMBERS = ("phone", "second_phone", "outside_phone", "site_phone", "guided_for", "address")
TEXTS_OF_CALL = {name: limit for name, limit in CALL.items() if name not in NUMBERS}
# The form of a sheet of paper and that of an enquiry are the same form; their short fields are dealt out once.
LONG_ONES = {name: limit for name, limit in TEXTS_OF_CALL.items() if name not in PLACE}

# The rest of what is sent is as it should be, so that the words are kept.
TEXTS: dict[str, dict[str, int]] = {
    # Steps are one form made from the table: each of its fields by each way in.
    "portal:step comment dispatcher": {"note": NOTE},
    "portal:step not_confirmed dispatcher": {"note": NOTE},
    "portal:step reject dispatcher": {"note": NOTE},
    "portal:step report_done dispatcher": {"works": NOTE, "act_number": 60},
    "portal:sent_step comment foreman": {"note": NOTE},
    "portal:sent_step report_done foreman": {"works": NOTE},
    "desk:step comment operator": {"note": NOTE},
    "desk:step cancel operator": {"note": NOTE},
    "desk:step accept_by_phone operator": {"said_by": LINE, "note": NOTE},
    "desk:step done_by_phone operator": {"works": NOTE, "said_by": LINE, "act_number": 60},
    "desk:step mark_duplicate operator": {"note": NOTE},
    "api:ticket-step comment dispatcher": {"note": NOTE},
    "api:ticket-step report_done dispatcher": {"works": NOTE, "act_number": 60},
    "api:ticket-step accept_by_phone operator": {"said_by": LINE, "note": NOTE},
    # The portal.
    "portal:answer dispatcher": {"note": 500},
    "portal:search dispatcher": {"words": 100},
    "portal:phone-ask dispatcher": {"reason": 300},
    "portal:person-invite dispatcher": {"last_name": 150, "first_name": 150},
    "programs:make-token dispatcher": {"name": 100},
    # The API.
    "api:tickets operator": {"text": NOTE, "caller_name": 200},
    "api:missed-calls operator": {"note": NOTE},
    "api:callback-attempts operator": {"note": NOTE},
    # The desk.
    "desk:intake operator": TEXTS_OF_CALL,
    "desk:intake answered operator": LONG_ONES,
    "desk:paper operator": LONG_ONES,
    "desk:draft operator": CALL,
    "desk:unfinished-end operator": {"note": NOTE},
    "desk:missed operator": {"note": NOTE},
    "desk:settle operator": {"note": NOTE},
    "desk:buildings operator": {"address": 200},
    "desk:categories operator": {"what": 100},
    "desk:hint operator": {"text": 1000},
    "desk:guide operator": CALL,
    "desk:finish talked operator": {"note": NOTE},
    "desk:notice supervisor": {"text": 300},
    "desk:waive supervisor": {"note": 500},
    "desk:acknowledge duty": {"note": 500},
    "desk:acknowledge_chosen duty": {"note": 500},
    "desk:correct_phone operator": {"reason": 500},
    "desk:correct_address operator": PLACE | {"reason": 500},
    "desk:phone_decide grant operator": {"said": 300},
    "desk:phone_decide refuse operator": {"said": 300},
    "desk:phone_lift supervisor": {"note": 300},
    "desk:leave_line operator": {"note": 2000},
    "desk:tickets operator": {"text": 200},
    "desk:view-save operator": {"name": 60},
    "desk:view-rename operator": {"name": 60},
    "desk:outage_new operator": {"text": 2000, "cause": 300, "where": 500},
    "desk:hunch_dismiss operator": {"reason": 300},
    "desk:outage_act news operator": {"text": 2000},
    "desk:outage_act accept operator": {"said_by": LINE},
    "desk:outage_act done operator": {"works": 2000, "said_by": LINE},
    "desk:outage_act end operator": {"works": 2000, "said_by": LINE},
    "desk:outage_act finish operator": {"works": 2000, "said_by": LINE},
    "desk:outage_act change operator": {"text": 2000, "cause": 300, "where": 500},
    "desk:outage_act call_off supervisor": {"reason": 300},
    "desk:outage_act waive supervisor": {"note": 400},
    # The governor's weekly.
    "reports:weekly-sign head": {"note": 2000},
    "reports:weekly-correct head": {"note": 2000},
}  # fmt: skip

# Texts that mean something: a telephone, an address of a house, of the net, a password. Any word may be refused.
MEANT: dict[str, dict[str, int]] = {
    "portal:person-invite dispatcher": {"email": 254},
    "programs:add dispatcher": {"url": 500},
    "programs:webhook dispatcher": {"url": 500},
    "api:tickets operator": {"phone": 40},
    "api:ticket-search operator": {"phone": 40},
    "api:ticket-step mark_duplicate operator": {"duplicate_of": 16},
    "desk:step mark_duplicate operator": {"duplicate_of": 16},
    "desk:intake operator": {name: CALL[name] for name in NUMBERS},
    "desk:missed operator": {"phone": 40},
    "desk:known operator": {"phone": 40},
    "desk:settle operator": {"phone": 40},
    "desk:later operator": {"later_at": 60},
    "desk:correct_phone operator": {"phone": 40},
    "desk:outage_new operator": {"lines": 4000},
    "desk:outage_houses operator": {"lines": 4000},
    "desk:hunch_dismiss operator": {"like": 16},
    "desk:unknown_houses supervisor": {
        "told_locality": 120, "told_street": 150, "told_house": 20, "locality": 260, "street": 150, "house": 20,
    },
    "register:bind admin": {"houses": 60_000, "street": 150},
    "login anonymous": {"username": 150, "password": 200},
    "password_reset anonymous": {"email": 254},
    "password_change dispatcher": {"old_password": 200, "new_password1": 200, "new_password2": 200},
}  # fmt: skip
