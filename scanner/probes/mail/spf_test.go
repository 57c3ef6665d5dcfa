// SPDX-License-Identifier: Apache-2.0

package mailprobe

import (
	"fmt"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"
	mox "github.com/mjl-/mox/dns"
	"github.com/mjl-/mox/spf"

	"carescan/scanner/fact"
	"carescan/scanner/probes/internal/loopback"
)

// spfCases is our own table of what RFC 7208 decides whoever sends. Each case is
// judged by the tree and by an evaluation for a sender that nothing lists;
// oracle is what the other implementation says when it differs, and why it is
// wrong.
var spfCases = []struct {
	name, zone string
	want       fact.SPFResult
	end        string
	oracle     fact.SPFResult // empty: the same
	why        string
}{
	// Section 4.4 and 4.5: which records are SPF.
	{"no_record", `d TXT "hello"`, "none", "", "", ""},
	{"no_name", `other TXT "v=spf1 -all"`, "none", "", "", ""},
	{"version_alone", `d TXT "v=spf1"`, "usable", "", "", ""},
	{"version_any_case", `d TXT "V=sPf1 -aLL"`, "usable", "-", "", ""},
	{"version_longer", `d TXT "v=spf10 -all"`, "none", "", "", ""},
	{"version_then_tab", `d TXT "v=spf1\009-all"`, "none", "", "", ""},
	{"version_after_space", `d TXT " v=spf1 -all"`, "none", "", "", ""},
	{"version_after_byte_mark", `d TXT "\239\187\191v=spf1 -all"`, "none", "", "", ""},
	{"version_foreign_letter", `d TXT "v=\197\191pf1 -all"`, "none", "", "", ""},
	{"version_alone_beside_longer", "d TXT \"v=spf1\"\nd TXT \"v=spf10\"", "usable", "", "", ""},
	{"several", "d TXT \"v=spf1 -all\"\nd TXT \"v=spf1 +all\"", "permerror", "", "", ""},
	{"several_one_bare", "d TXT \"v=spf1 -all\"\nd TXT \"V=SPF1\"", "permerror", "", "", ""},
	{"other_texts_beside", "d TXT \"v=spf1 -all\"\nd TXT \"\\250\\251 v=spf1\"", "usable", "-", "", ""},
	{"strings_joined", `d TXT "v=spf1 ip4:192.0.2.1" " -all"`, "usable", "-", "", ""},
	{"strings_joined_without_space", `d TXT "v=spf1 ip4:192.0." "2.1 -all"`, "usable", "-", "", ""},
	{"alias", "d CNAME e\ne TXT \"v=spf1 -all\"", "usable", "-", "", ""},

	// Section 4.6: terms.
	{"spaces", `d TXT "v=spf1   ip4:192.0.2.1   -all  "`, "usable", "-", "", ""},
	{"tab_between_terms", `d TXT "v=spf1 mx\009-all"`, "permerror", "", "", ""},
	{"line_end", `d TXT "v=spf1 ip4:192.0.2.1\013 -all"`, "permerror", "", "", ""},
	{"unknown_mechanism", `d TXT "v=spf1 ipv4:192.0.2.1 -all"`, "permerror", "", "", ""},
	{"fault_after_all", `d TXT "v=spf1 -all ip4:192.0.2.999"`, "permerror", "", "", ""},
	{"fault_before_match", `d TXT "v=spf1 +all moo"`, "permerror", "", "", ""},
	{"double_qualifier", `d TXT "v=spf1 +-all"`, "permerror", "", "", ""},
	{"qualifier_on_modifier", `d TXT "v=spf1 -redirect=e.test"`, "permerror", "", "", ""},
	{"accent_in_mechanism", `d TXT "v=spf1 a:h\195\180pital.test -all"`, "permerror", "", "", ""},
	{"backslash_in_name", `d TXT "v=spf1 exists:a\\b.test -all"`, "usable", "-", "", ""},

	// Section 5.1: all.
	{"all_neutral", `d TXT "v=spf1 ?all"`, "usable", "?", "", ""},
	{"all_default", `d TXT "v=spf1 all"`, "usable", "+", "", ""},
	{"all_argument", `d TXT "v=spf1 -all:e.test"`, "permerror", "", "", ""},
	{"all_cidr", `d TXT "v=spf1 -all/8"`, "permerror", "", "", ""},
	{"all_dot", `d TXT "v=spf1 -all."`, "permerror", "", "", ""},
	{"all_twice", `d TXT "v=spf1 -all +all"`, "usable", "-", "", ""},
	{"all_cancels_redirect", `d TXT "v=spf1 redirect=none.test -all"`, "usable", "-", "", ""},
	{"all_hides_includes", `d TXT "v=spf1 -all include:none.test"`, "usable", "-", "", ""},

	// Section 5.2: include.
	{"include", "d TXT \"v=spf1 include:e.test -all\"\ne TXT \"v=spf1 ~all\"", "usable", "-", "", ""},
	{"include_none", "d TXT \"v=spf1 include:e.test -all\"\ne A 192.0.2.1", "permerror", "-", "", ""},
	{"include_no_name", `d TXT "v=spf1 include:none.test -all"`, "permerror", "-", "", ""},
	{"include_several", "d TXT \"v=spf1 include:e.test -all\"\ne TXT \"v=spf1 -all\"\ne TXT \"v=spf1\"", "permerror", "-", "", ""},
	{"include_syntax", "d TXT \"v=spf1 include:e.test -all\"\ne TXT \"v=spf1 mooo -all\"", "permerror", "-", "", ""},
	{"include_no_argument", `d TXT "v=spf1 include -all"`, "permerror", "", "", ""},
	{"include_empty", `d TXT "v=spf1 include: -all"`, "permerror", "", "", ""},
	{"include_cidr", `d TXT "v=spf1 include:e.test/24 -all"`, "permerror", "", "", ""},
	{"include_self", `d TXT "v=spf1 include:d.test -all"`, "permerror", "-", "", ""},
	{"include_loop", "d TXT \"v=spf1 include:e.test -all\"\ne TXT \"v=spf1 include:d.test -all\"", "permerror", "-", "", ""},
	{"include_failure", `d TXT "v=spf1 include:e.silent.test -all"`, "temperror", "-", "", ""},
	{"include_open", "d TXT \"v=spf1 include:e.test -all\"\ne TXT \"v=spf1 +all\"", "usable", "+", "", ""},
	{"include_open_refused", "d TXT \"v=spf1 -include:e.test +all\"\ne TXT \"v=spf1 +all\"", "usable", "-", "", ""},
	{"include_open_hides_the_rest", "d TXT \"v=spf1 include:e.test include:none.test -all\"\ne TXT \"v=spf1 +all\"", "usable", "+", "", ""},
	{"include_empty_label", `d TXT "v=spf1 include:e..test -all"`, "permerror", "-", "", ""},
	{"include_upper_case", "d TXT \"v=spf1 INCLUDE:E.Test. -all\"\ne TXT \"v=spf1 -all\"", "usable", "-", "permerror", "its resolver in memory tells cases apart"},
	{"include_one_label", "d TXT \"v=spf1 include:test -all\"\n@ TXT \"v=spf1 -all\"", "permerror", "", "usable", "domain-end begins with a dot (section 7.1)"},
	{"include_brace", "d TXT \"v=spf1 include:e.test} -all\"\ne.test} TXT \"v=spf1 -all\"", "permerror", "", "", ""},

	// Section 5.3 and 5.4: a and mx.
	{"a_forms", `d TXT "v=spf1 a a/24 a//64 a/24//64 a:e.test a:e.test/24 a:e.test//64 a:e.test/0//0 -all"` + "\nd A 192.0.2.7\ne A 192.0.2.8", "usable", "-", "", ""},
	{"a_cidr_33", `d TXT "v=spf1 a/33 -all"`, "permerror", "", "", ""},
	{"a_cidr6_129", `d TXT "v=spf1 a//129 -all"`, "permerror", "", "", ""},
	{"a_cidr_zero_first", `d TXT "v=spf1 a/024 -all"`, "permerror", "", "", ""},
	{"a_cidr_empty", `d TXT "v=spf1 a/ -all"`, "permerror", "", "", ""},
	{"a_empty", `d TXT "v=spf1 a: -all"`, "permerror", "", "", ""},
	{"a_empty_cidr", `d TXT "v=spf1 a:/24 -all"`, "permerror", "", "", ""},
	{"a_number_top_label", `d TXT "v=spf1 a:192.0.2.1 -all"`, "permerror", "", "", ""},
	{"a_number_top_label_dot", `d TXT "v=spf1 a:e.123. -all"`, "permerror", "", "", ""},
	{"a_dash_top_label", `d TXT "v=spf1 a:e.test- -all"`, "permerror", "", "", ""},
	{"a_punycode_top_label", `d TXT "v=spf1 a:e.xn--p1ai -all"`, "usable", "-", "", ""},
	{"a_one_label", `d TXT "v=spf1 a:museum -all"`, "permerror", "", "usable", "domain-end begins with a dot (section 7.1)"},
	{"a_one_label_dot", `d TXT "v=spf1 a:museum. -all"`, "permerror", "", "", ""},
	{"a_port", `d TXT "v=spf1 a:e.test:8080 -all"`, "permerror", "", "", ""},
	{"a_colon_and_slash_in_name", `d TXT "v=spf1 a:foo:bar/baz.e.test -all"`, "usable", "-", "permerror", "a macro-literal may be a colon or a slash (section 7.1)"},
	{"a_empty_label", `d TXT "v=spf1 a:e..test -all"`, "usable", "-", "", ""},
	{"a_long_label", `d TXT "v=spf1 a:` + strings.Repeat("x", 64) + `.test -all"`, "usable", "-", "", ""},
	{"a_no_address", `d TXT "v=spf1 a:none.test a:d.test -all"`, "usable", "-", "", ""},
	{"a_failure", `d TXT "v=spf1 a:e.silent.test -all"`, "temperror", "-", "", ""},
	{"mx", "d TXT \"v=spf1 mx mx:e.test/26 -all\"\nd MX 10 m\ne MX 0 .\nm A 192.0.2.9", "usable", "-", "", ""},
	{"mx_without_records", `d TXT "v=spf1 mx -all"`, "usable", "-", "", ""},
	{"mx_ten_hosts", "d TXT \"v=spf1 mx -all\"\n" + mxHosts(10), "usable", "-", "", ""},
	{"mx_eleven_hosts", "d TXT \"v=spf1 mx -all\"\n" + mxHosts(11), "permerror", "-", "", ""},
	{"mx_failure", `d TXT "v=spf1 mx:e.silent.test -all"`, "temperror", "-", "", ""},
	{"mx_cidr_only_colon", `d TXT "v=spf1 mx: -all"`, "permerror", "", "", ""},

	// Section 5.5: ptr.
	{"ptr", `d TXT "v=spf1 ptr ptr:e.test -all"`, "usable", "-", "", ""},
	{"ptr_empty", `d TXT "v=spf1 ptr: -all"`, "permerror", "", "", ""},
	{"ptr_cidr", `d TXT "v=spf1 ptr/0 -all"`, "permerror", "", "", ""},

	// Section 5.6: ip4 and ip6.
	{"ip4_forms", `d TXT "v=spf1 ip4:192.0.2.1 ip4:192.0.2.0/24 -all"`, "usable", "-", "", ""},
	{"ip4_short", `d TXT "v=spf1 ip4:192.0.2 -all"`, "permerror", "", "", ""},
	{"ip4_port", `d TXT "v=spf1 ip4:192.0.2.1:25 -all"`, "permerror", "", "", ""},
	{"ip4_zero_first", `d TXT "v=spf1 ip4:192.0.02.1 -all"`, "permerror", "", "", ""},
	{"ip4_cidr_33", `d TXT "v=spf1 ip4:192.0.2.1/33 -all"`, "permerror", "", "", ""},
	{"ip4_cidr_zero_first", `d TXT "v=spf1 ip4:192.0.2.1/032 -all"`, "permerror", "", "", ""},
	{"ip4_cidr_empty", `d TXT "v=spf1 ip4:192.0.2.1/ -all"`, "permerror", "", "", ""},
	{"ip4_cidr_double", `d TXT "v=spf1 ip4:192.0.2.1//32 -all"`, "permerror", "", "", ""},
	{"ip4_empty", `d TXT "v=spf1 ip4: -all"`, "permerror", "", "", ""},
	{"ip4_bare", `d TXT "v=spf1 ip4 -all"`, "permerror", "", "", ""},
	{"ip4_holding_ip6", `d TXT "v=spf1 ip4:2001:db8::1 -all"`, "permerror", "", "", ""},
	{"ip4_huge_cidr", `d TXT "v=spf1 ip4:192.0.2.1/99999999999 -all"`, "permerror", "", "", ""},
	{"ip6_forms", `d TXT "v=spf1 ip6:2001:db8::1 IP6:2001:DB8::/32 ip6:::192.0.2.1 ip6:::/128 -all"`, "usable", "-", "", ""},
	{"ip6_cidr_129", `d TXT "v=spf1 ip6:2001:db8::/129 -all"`, "permerror", "", "", ""},
	{"ip6_two_gaps", `d TXT "v=spf1 ip6:2001::db8::1 -all"`, "permerror", "", "", ""},
	{"ip6_zone", `d TXT "v=spf1 ip6:fe80::1%eth0 -all"`, "permerror", "", "", ""},
	{"ip6_holding_ip4", `d TXT "v=spf1 ip6:192.0.2.1 -all"`, "permerror", "", "usable", "an ip6-network is written with colons (section 5.6)"},

	// Section 5.7: exists.
	{"exists", "d TXT \"v=spf1 exists:e.test -all\"\ne AAAA 2001:db8::1", "usable", "-", "", ""},
	{"exists_empty", `d TXT "v=spf1 exists: -all"`, "permerror", "", "", ""},
	{"exists_bare", `d TXT "v=spf1 exists -all"`, "permerror", "", "", ""},
	{"exists_cidr", `d TXT "v=spf1 exists:e.test/24 -all"`, "permerror", "", "", ""},
	{"exists_failure", `d TXT "v=spf1 exists:e.silent.test -all"`, "temperror", "-", "", ""},

	// Section 6: modifiers.
	{"redirect", "d TXT \"v=spf1 redirect=e.test\"\ne TXT \"v=spf1 ~all\"", "usable", "~", "", ""},
	{"redirect_first", "d TXT \"v=spf1 redirect=e.test ip4:192.0.2.1\"\ne TXT \"v=spf1 ~all\"", "usable", "~", "", ""},
	{"redirect_none", `d TXT "v=spf1 redirect=e.test"`, "permerror", "", "", ""},
	{"redirect_loop", "d TXT \"v=spf1 redirect=e.test\"\ne TXT \"v=spf1 redirect=d.test\"", "permerror", "", crashes, "it follows a redirection without counting it, until the stack is full"},
	{"redirect_twice", `d TXT "v=spf1 redirect=e.test redirect=e.test"`, "permerror", "", "", ""},
	{"redirect_empty", `d TXT "v=spf1 redirect="`, "permerror", "", "", ""},
	{"redirect_any_case", "d TXT \"v=spf1 REDIRECT=e.test\"\ne TXT \"v=spf1 -all\"", "usable", "-", "", ""},
	{"exp_twice", `d TXT "v=spf1 exp=e.test exp=e.test -all"`, "permerror", "", "", ""},
	{"exp_empty", `d TXT "v=spf1 exp= -all"`, "permerror", "", "", ""},
	{"exp_missing_text", `d TXT "v=spf1 exp=none.test -all"`, "usable", "-", "", ""},
	{"exp_letters", `d TXT "v=spf1 exp=%{c}.%{r}.%{t}.test -all"`, "permerror", "", "usable", "c, r and t stand in the text that exp leads to (section 7.2), not in its name"},
	{"exp_other_letters", `d TXT "v=spf1 exp=%{ir}.%{v}.test -all"`, "usable", "-", "", ""},
	{"unknown_modifier", `d TXT "v=spf1 moo.cow-far_out=man:dog/%{i} -all"`, "usable", "-", "", ""},
	{"unknown_modifier_twice", `d TXT "v=spf1 moo=1 moo=1 -all"`, "usable", "-", "", ""},
	{"unknown_modifier_empty", `d TXT "v=spf1 moo= -all"`, "usable", "-", "", ""},
	{"unknown_modifier_broken_macro", `d TXT "v=spf1 moo=%x -all"`, "permerror", "", "", ""},
	{"unknown_modifier_bad_name", `d TXT "v=spf1 moose&squirrel=1 -all"`, "permerror", "", "", ""},
	{"unknown_modifier_digit_first", `d TXT "v=spf1 1moo=1 -all"`, "permerror", "", "", ""},
	{"unknown_modifier_like_a_mechanism", `d TXT "v=spf1 a1=x mxtra=y ptrs=z -all"`, "usable", "-", "permerror", "a name and an equals sign are a modifier (section 12)"},
	{"modifier_without_name", `d TXT "v=spf1 =all"`, "permerror", "", "", ""},

	// Section 7: macros.
	{"macros", `d TXT "v=spf1 exists:%{ir}.%{v}.%{l1r-}.%{o}.%{d2}.%{h}.%{s}._spf.test -all"`, "usable", "-", "", ""},
	{"macro_delimiters", `d TXT "v=spf1 exists:%{l1r.-+,/_=}.test -all"`, "usable", "-", "", ""},
	{"macro_upper", `d TXT "v=spf1 exists:%{I}.test -all"`, "usable", "-", "", ""},
	{"macro_escapes_last", `d TXT "v=spf1 exists:%{i}.%%.test exists:e.test.%% -all"`, "usable", "-", "", ""},
	{"macro_unknown_letter", `d TXT "v=spf1 exists:%{z}.test -all"`, "permerror", "", "", ""},
	{"macro_zero_labels", `d TXT "v=spf1 exists:%{d0}.test -all"`, "permerror", "", "", ""},
	{"macro_explanation_letter", `d TXT "v=spf1 exists:%{t}.test -all"`, "permerror", "", "", ""},
	{"macro_unfinished", `d TXT "v=spf1 exists:%{i.test -all"`, "permerror", "", "", ""},
	{"macro_bare_percent", `d TXT "v=spf1 exists:%.test -all"`, "permerror", "", "", ""},
	{"macro_percent_last", `d TXT "v=spf1 exists:e.test% -all"`, "permerror", "", "", ""},
	{"macro_empty", `d TXT "v=spf1 exists:%{}.test -all"`, "permerror", "", "", ""},
	{"macro_redirect", `d TXT "v=spf1 redirect=_spf.%{z}"`, "permerror", "", "", ""},

	// Section 4.6.4: limits.
	{"ten_lookups", `d TXT "v=spf1 ` + strings.Repeat("a:e.test ", 10) + `-all"` + "\ne A 192.0.2.1", "usable", "-", "", ""},
	{"eleven_lookups", `d TXT "v=spf1 ` + strings.Repeat("a:e.test ", 11) + `-all"` + "\ne A 192.0.2.1", "permerror", "-", "", ""},
	{"eleven_with_redirect", `d TXT "v=spf1 ` + strings.Repeat("a:e.test ", 10) + `redirect=f.test"` + "\ne A 192.0.2.1\nf TXT \"v=spf1 -all\"", "permerror", "-", "usable", "a redirect counts like an include"},
	{"ten_in_includes", "d TXT \"v=spf1 include:e.test include:e.test -all\"\ne TXT \"v=spf1 " + strings.Repeat("a:f.test ", 4) + "-all\"\nf A 192.0.2.1", "usable", "-", "", ""},
	{"twelve_in_includes", "d TXT \"v=spf1 include:e.test include:e.test -all\"\ne TXT \"v=spf1 " + strings.Repeat("a:f.test ", 5) + "-all\"\nf A 192.0.2.1", "permerror", "-", "", ""},
	{"networks_cost_nothing", `d TXT "v=spf1 ` + strings.Repeat("ip4:192.0.2.1 ", 15) + `-all"`, "usable", "-", "", ""},
	{"two_voids", `d TXT "v=spf1 a:x.test a:y.test -all"`, "usable", "-", "", ""},
	{"two_voids_and_more", `d TXT "v=spf1 a:x.test a:y.test a:e.test -all"` + "\ne A 192.0.2.1", "usable", "-", "permerror", "two void look-ups are allowed, whatever follows"},
	{"three_voids", `d TXT "v=spf1 a:x.test mx:y.test exists:z.test -all"`, "permerror", "-", "", ""},
	{"four_voids", `d TXT "v=spf1 a:x.test mx:y.test exists:z.test a:w.test -all"`, "permerror", "-", "", ""},

	// What the public suite of RFC 7208 plays beside the above.
	{"version_joined_without_space", `d TXT "v=spf1" "-all"`, "none", "", "", ""},
	{"version_and_space", `d TXT "v=spf1 "`, "usable", "", "", ""},
	{"long_record_in_strings", `d TXT "v=spf1 ` + strings.Repeat("ip4:192.0.2.1 ", 16) + `" "` + strings.Repeat("ip4:192.0.2.1 ", 16) + `" "-all"`, "usable", "-", "", ""},
	{"obsolete_default", `d TXT "v=spf1 default=all"`, "usable", "", "", ""},
	{"modifier_before_mechanisms", "d TXT \"v=spf1 foo=bar redirect=e.test mx\"\ne TXT \"v=spf1 ?all\"", "usable", "?", "", ""},
	{"include_alias", "d TXT \"v=spf1 include:e.test -all\"\ne CNAME f\nf TXT \"v=spf1 ~all\"", "usable", "-", "", ""},
	{"include_alias_to_nobody", "d TXT \"v=spf1 include:e.test -all\"\ne CNAME none", "permerror", "-", "", ""},
	{"include_of_a_redirect", "d TXT \"v=spf1 include:e.test ~all\"\ne TXT \"v=spf1 redirect=f.test\"\nf TXT \"v=spf1 -all\"", "usable", "~", "", ""},
	{"include_of_a_redirect_to_nobody", "d TXT \"v=spf1 include:e.test ~all\"\ne TXT \"v=spf1 redirect=f.test\"", "permerror", "~", "", ""},
	{"include_of_an_explanation", "d TXT \"v=spf1 include:e.test ~all\"\ne TXT \"v=spf1 exp=none.test -all\"", "usable", "~", "", ""},
	{"include_of_two_explanations", "d TXT \"v=spf1 include:e.test ~all\"\ne TXT \"v=spf1 exp=a.test exp=b.test -all\"", "permerror", "~", "", ""},
	{"include_word_joined", `d TXT "v=spf1 include:e.test,include:f.test -all"`, "permerror", "-", "", ""},
	{"include_with_scheme", `d TXT "v=spf1 include:https://e.test -all"`, "permerror", "-", "", ""},
	{"redirect_several", "d TXT \"v=spf1 redirect=e.test\"\ne TXT \"v=spf1 -all\"\ne TXT \"v=spf1 +all\"", "permerror", "", "", ""},
	{"redirect_failure", `d TXT "v=spf1 redirect=e.silent.test"`, "temperror", "", "", ""},
	{"redirect_of_a_redirect", "d TXT \"v=spf1 redirect=e.test\"\ne TXT \"v=spf1 redirect=f.test\"\nf TXT \"v=spf1 -all\"", "usable", "-", "", ""},
	{"redirect_empty_label", `d TXT "v=spf1 redirect=e..test"`, "permerror", "", "", ""},
	{"a_dot_last", "d TXT \"v=spf1 a:e.test. -all\"\ne A 192.0.2.1", "usable", "-", "permerror", "domain-end may close with a dot (section 7.1)"},
	{"a_long_name", `d TXT "v=spf1 a:` + strings.Repeat("abcdefgh.", 30) + `test" " -all"`, "usable", "-", "", ""},
	{"a_alias", "d TXT \"v=spf1 a:e.test -all\"\ne CNAME f\nf A 192.0.2.1", "usable", "-", "", ""},
	{"a_dual_cidr_reversed", `d TXT "v=spf1 a//64/24 -all"`, "permerror", "", "", ""},
	{"a_cidr6_zero", `d TXT "v=spf1 a//0 -all"` + "\nd A 192.0.2.1", "usable", "-", "", ""},
	{"mx_cidr_33", `d TXT "v=spf1 mx/33 -all"`, "permerror", "", "", ""},
	{"mx_alias", "d TXT \"v=spf1 mx -all\"\nd MX 10 m\nm CNAME f\nf A 192.0.2.1", "usable", "-", "", ""},
	{"mx_number", "d TXT \"v=spf1 mx -all\"\nd MX 10 192.0.2.1", "usable", "-", "", ""},
	{"ptr_macro", `d TXT "v=spf1 ptr:%{d} -all"`, "usable", "-", "permerror", "a domain-spec may be a macro (sections 5.5 and 7.1)"},
	{"ip4_mapped", `d TXT "v=spf1 ip4:::ffff:192.0.2.1 -all"`, "permerror", "", "", ""},
	{"ip6_mapped", `d TXT "v=spf1 ip6:::ffff:192.0.2.1 -all"`, "usable", "-", "", ""},
	{"ip6_cidr_zero_first", `d TXT "v=spf1 ip6:2001:db8::/032 -all"`, "permerror", "", "", ""},
	{"ip6_dual_cidr", `d TXT "v=spf1 ip6:2001:db8::1//33 -all"`, "permerror", "", "", ""},
	{"ip6_brackets", `d TXT "v=spf1 ip6:[2001:db8::1] -all"`, "permerror", "", "", ""},
	{"exists_macro_last", `d TXT "v=spf1 exists:%{d} -all"`, "usable", "-", "", ""},
	{"exists_macro_and_cidr", `d TXT "v=spf1 exists:%{d}/24 -all"`, "permerror", "", "", ""},
	{"macro_reverse_without_digits", `d TXT "v=spf1 exists:%{ir-}.test -all"`, "usable", "-", "", ""},
	{"macro_digits_after_reverse", `d TXT "v=spf1 exists:%{ir1}.test -all"`, "permerror", "", "", ""},
	{"macro_many_digits", `d TXT "v=spf1 exists:%{d128}.test -all"`, "usable", "-", "", ""},
	{"macro_validated_name", `d TXT "v=spf1 exists:%{p}.test -all"`, "usable", "-", "", ""},
	{"macro_space", `d TXT "v=spf1 exists:%_.test exists:%-.test -all"`, "usable", "-", "", ""},
	{"macro_include", `d TXT "v=spf1 include:%{ir}.%{v}._spf.e.test -all"`, "usable", "-", "permerror", "what the message makes of it has no record here"},
	{"exp_broken_macro", `d TXT "v=spf1 exp=%{x}.test -all"`, "permerror", "", "", ""},
	{"exp_one_label", `d TXT "v=spf1 exp=museum -all"`, "permerror", "", "usable", "domain-end begins with a dot (section 7.1)"},
	{"ten_lookups_then_a_cheap_end", `d TXT "v=spf1 ` + strings.Repeat("exists:e.test ", 9) + `ptr -all"` + "\ne A 192.0.2.1", "usable", "-", "", ""},
	{"void_include_counts", "d TXT \"v=spf1 a:x.test a:y.test include:e.test -all\"\ne TXT \"v=spf1 a:z.test -all\"", "permerror", "-", "", ""},
	{"six_only_is_not_void", "d TXT \"v=spf1 a:e.test a:e.test a:e.test -all\"\ne AAAA 2001:db8::1", "usable", "-", "", ""},
}

// crashes marks the case that the other implementation cannot be asked.
const crashes fact.SPFResult = "crashes"

func mxHosts(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "d MX 10 m%d\nm%d A 192.0.2.%d\n", i, i, i)
	}
	return b.String()
}

func TestSPFResults(t *testing.T) {
	t.Parallel()
	for _, c := range spfCases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			zone := parseRecords(t, c.zone)
			tree := treeOf(t, zone, "d.test")
			if tree.Result != c.want || tree.End != c.end {
				t.Errorf("result %q, end %q, want %q and %q; faults %+v", tree.Result, tree.End, c.want, c.end, tree.Faults)
			}
			checkSums(t, tree)
			oracle := c.oracle
			if oracle == "" {
				oracle = c.want
			}
			if oracle == crashes {
				return
			}
			if got := evaluate(t, zone); got != oracle {
				t.Errorf("the other implementation says %q, not %q (%s)", got, oracle, c.why)
			}
		})
	}
}

// treeOf walks a tree through a real resolver of the test.
func treeOf(t testing.TB, zone dns.Handler, domain string) fact.SPF {
	t.Helper()
	net := network(loopback.ServeDNS(t, zone))
	r := newResolver(net, 5*time.Second)
	return spfTree(t.Context(), r, domain)
}

// evaluate asks the other implementation about a sender that nothing lists.
func evaluate(t *testing.T, zone records) fact.SPFResult {
	t.Helper()
	args := spf.Args{
		RemoteIP: net.ParseIP("203.0.113.77"), LocalIP: net.ParseIP("192.0.2.200"),
		MailFromLocalpart: "a", MailFromDomain: mox.Domain{ASCII: "d.test"},
		HelloDomain: mox.IPDomain{Domain: mox.Domain{ASCII: "helo.test"}}, LocalHostname: mox.Domain{ASCII: "here.test"},
	}
	received, _, _, _, err := spf.Verify(t.Context(), slog.New(slog.DiscardHandler), mock(zone), args)
	switch received.Result {
	case spf.StatusNone:
		return fact.SPFNone
	case spf.StatusPermerror:
		return fact.SPFPermError
	case spf.StatusTemperror:
		return fact.SPFTempError
	case spf.StatusNeutral, spf.StatusPass, spf.StatusFail, spf.StatusSoftfail:
	}
	if err != nil {
		t.Logf("%s: %v", received.Result, err)
	}
	return fact.SPFUsable
}

// mock gives the records to the other implementation, in memory.
func mock(zone records) mox.MockResolver {
	m := mox.MockResolver{
		A: map[string][]string{}, AAAA: map[string][]string{}, TXT: map[string][]string{},
		MX: map[string][]*net.MX{}, CNAME: map[string]string{},
		Fail: []string{"txt e.silent.test.", "ip e.silent.test.", "mx e.silent.test."},
	}
	for _, rr := range zone {
		name := rr.Header().Name
		switch rr := rr.(type) {
		case *dns.A:
			m.A[name] = append(m.A[name], rr.A.String())
		case *dns.AAAA:
			m.AAAA[name] = append(m.AAAA[name], rr.AAAA.String())
		case *dns.TXT:
			m.TXT[name] = append(m.TXT[name], unescape(strings.Join(rr.Txt, "")))
		case *dns.MX:
			m.MX[name] = append(m.MX[name], &net.MX{Host: rr.Mx, Pref: rr.Preference})
		case *dns.CNAME:
			m.CNAME[name] = rr.Target
		}
	}
	return m
}

// checkSums holds that the cost of a record is the sum of its branches, and that
// of a branch its own and that of the record it leads to.
func checkSums(t *testing.T, tree fact.SPF) {
	t.Helper()
	byName := map[string]fact.SPFRecord{}
	for _, r := range tree.Records {
		byName[r.Name] = r
	}
	for _, r := range tree.Records {
		cost, voids := 0, 0
		for _, term := range r.Terms {
			cost, voids = cost+term.Cost, voids+term.Voids
			if child, ok := byName[term.Target]; ok && term.Answer != "" && (term.Kind == "include" || term.Kind == "redirect") && term.Cost != min(1+child.Cost, maxSPFCost) {
				t.Errorf("%s of %s costs %d, and leads to a cost of %d", term.Text, r.Name, term.Cost, child.Cost)
			}
		}
		if r.Cost != min(cost, maxSPFCost) || r.Voids != min(voids, maxSPFCost) {
			t.Errorf("%s costs %d (%d void), its terms %d (%d void)", r.Name, r.Cost, r.Voids, cost, voids)
		}
	}
	if len(tree.Records) > 0 && tree.Lookups != tree.Records[0].Cost {
		t.Errorf("the tree costs %d, its root %d", tree.Lookups, tree.Records[0].Cost)
	}
}

// TestSPFHostileTrees holds that no tree makes a look long or large.
func TestSPFHostileTrees(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		zone    string
		lookups int
		open    bool
		most    int // exchanges
	}{
		"fan_out_of_the_same_names": {fanOut(6), maxSPFCost, false, 7},
		"long_chain":                {chain(100), maxSPFRecords, true, maxSPFRecords},
		"wide":                      {wide(200), 200, true, maxSPFRecords},
		"many_addresses":            {`d TXT "v=spf1 ` + addresses(200) + `-all"`, 200, true, maxExchanges},
		"endless_terms":             {`d TXT "v=spf1 " ` + endless(), maxSPFTerms, true, 3},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			net := network(loopback.ServeDNS(t, parseRecords(t, tt.zone)))
			r := newResolver(net, 5*time.Second)
			tree := spfTree(t.Context(), r, "d.test")
			if tree.Lookups != tt.lookups || tree.Open != tt.open || r.Made() > tt.most+2 {
				t.Errorf("lookups %d, open %v, %d exchanges", tree.Lookups, tree.Open, r.Made())
			}
			if len(tree.Records) > maxSPFRecords || len(tree.Faults) > maxSPFFaults || tree.Result != fact.SPFPermError {
				t.Errorf("%d records, %d faults, %s", len(tree.Records), len(tree.Faults), tree.Result)
			}
			checkSums(t, tree)
		})
	}
}

// fanOut has ten includes of the next name at each of n levels: 10^n branches.
func fanOut(n int) string {
	var b strings.Builder
	name := "d"
	for i := range n {
		next := fmt.Sprintf("l%d", i)
		fmt.Fprintf(&b, "%s TXT \"v=spf1 %s-all\"\n", name, strings.Repeat("include:"+next+".test ", 10))
		name = next
	}
	fmt.Fprintf(&b, "%s TXT \"v=spf1 -all\"\n", name)
	return b.String()
}

func chain(n int) string {
	b := strings.Builder{}
	b.WriteString("d TXT \"v=spf1 include:c0.test -all\"\n")
	for i := range n {
		fmt.Fprintf(&b, "c%d TXT \"v=spf1 include:c%d.test -all\"\n", i, i+1)
	}
	return b.String()
}

// wide writes records longer than one string holds.
func wide(n int) string {
	var b strings.Builder
	b.WriteString(`d TXT "v=spf1"`)
	for i := range n {
		fmt.Fprintf(&b, ` " include:w%d.test"`, i)
	}
	b.WriteString("\n")
	for i := range n {
		fmt.Fprintf(&b, "w%d TXT \"v=spf1 -all\"\n", i)
	}
	return b.String()
}

func addresses(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "a:n%d.test ", i)
		if i%10 == 9 {
			b.WriteString(`" "`)
		}
	}
	return b.String()
}

func endless() string { return strings.Repeat(`"`+strings.Repeat("a ", 100)+`" `, 50) }

// TestParseSPFFault keeps the terms that are well formed around the first that is not.
func TestParseSPFFault(t *testing.T) {
	terms, fault := parseSPF("v=spf1 ip4:0.0.0.0/1 include: ptr redirect=a.test redirect=b.test")
	var texts []string
	for _, term := range terms {
		texts = append(texts, term.text)
	}
	if got := strings.Join(texts, " "); fault != "include:" || got != "ip4:0.0.0.0/1 ptr redirect=a.test" {
		t.Errorf("fault %q, terms %q", fault, got)
	}
}

func FuzzParseSPF(f *testing.F) {
	for _, c := range spfCases {
		if _, text, ok := strings.Cut(c.zone, `TXT "`); ok {
			f.Add(strings.SplitN(text, `"`, 2)[0])
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		terms, fault := parseSPF("v=spf1 " + text)
		if fault != "" && !strings.Contains(text, fault) {
			t.Errorf("fault %q is no term of %q", fault, text)
		}
		for _, term := range terms {
			if term.kind == "" || !strings.Contains(text, term.text) {
				t.Errorf("term %+v of %q", term, text)
			}
			if network := strings.HasPrefix(term.kind, "ip"); network != term.prefix.IsValid() {
				t.Errorf("term %+v has no range", term)
			}
		}
	})
}

func FuzzUnescape(f *testing.F) {
	f.Add([]byte("v=spf1 -all"))
	f.Add([]byte("\xe9\x00\\\"é;"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if len(raw) > 254 {
			return
		}
		wire := append([]byte{0, 0, 16, 0, 1, 0, 0, 0, 0, 0, byte(len(raw) + 1), byte(len(raw))}, raw...)
		rr, _, err := dns.UnpackRR(wire, 0)
		if err != nil {
			t.Fatal(err)
		}
		if got := unescape(strings.Join(rr.(*dns.TXT).Txt, "")); got != string(raw) {
			t.Errorf("%q became %q", raw, got)
		}
		if len(printable(string(raw))) > maxText+8 {
			t.Error("too long")
		}
	})
}
