drop function bk.forbid_direct_change();
drop function bk.forbid_change();
drop function bk.refuse();
drop function bk.touch_row();
drop function bk.actor();
drop function bk.text_sha256(text);
drop function bk.uuid_v7();

drop type bk.severity;
drop type bk.claim_domain;
drop type bk.philosophy;
drop type bk.framework_kind;

drop schema bk;
