// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"carescan/scanner"
	"carescan/scanner/fact"
)

const (
	slapd  = "/usr/sbin/slapd"
	schema = "/etc/ldap/schema"
	base   = "dc=chu,dc=test"
	crowd  = 1200 // ordinary people, more than two pages
)

// ldif writes the tree of a small Windows domain, with habits seen in real ones:
// nesting, a circle, a primary group, a machine, a trust, a way to another server.
func ldif() string {
	var b strings.Builder
	entry := func(dn string, lines ...string) {
		slices.Sort(lines) // values of one attribute must follow each other
		fmt.Fprintf(&b, "dn: %s,%s\n%s\n\n", dn, base, strings.Join(lines, "\n"))
	}
	fmt.Fprintf(&b, "dn: %s\nobjectClass: domain\ndc: chu\n\n", base)
	entry("cn=svc-care", "objectClass: organizationalRole", "objectClass: simpleSecurityObject", "cn: svc-care", "userPassword: "+password)
	user := func(cn string, rid, uac int, lines ...string) {
		lines = append([]string{
			"objectClass: user", "objectClass: extensibleObject", "cn: " + cn, "sn: " + cn, "sAMAccountName: " + cn,
			fmt.Sprintf("userAccountControl: %d", uac), sidLine(domainSID(uint32(rid))),
		}, lines...)
		if !slices.ContainsFunc(lines, func(l string) bool { return strings.HasPrefix(l, "objectCategory:") }) {
			lines = append(lines, "objectCategory: CN=Person,CN=Schema,CN=Configuration,"+base)
		}
		entry("cn="+cn, append(lines, "instanceType: 4", "nTSecurityDescriptor:: AQ==")...)
	}
	group := func(cn string, id []byte, members ...string) {
		lines := []string{
			"objectClass: group", "objectClass: extensibleObject", "cn: " + cn, "groupType: -2147483646", sidLine(id),
			"objectCategory: CN=Group,CN=Schema,CN=Configuration," + base, "instanceType: 4", "nTSecurityDescriptor:: AQ==",
		}
		for _, m := range members {
			lines = append(lines, "member: CN="+m+","+strings.ToUpper(base))
		}
		entry("cn="+cn, lines...)
	}
	user("alice", 1101, 512)
	user("bob", 1102, 512|bitSmartcard)
	user("carol", 1103, 512|bitDisabled)
	user("dave", 1104, 512)
	user("erin", 1105, 512, "primaryGroupID: 512")
	user("frank", 1106, 512, "primaryGroupID: 513")
	user("gina", 1107, 512|bitDisabled)
	user("Administrateur", ridAdministrator, 512)
	user("krbtgt", ridKrbtgt, 514)
	user("PARTENAIRE$", 1108, 32|bitTrust)
	user("DC1$", 1000, 532480, "objectClass: computer", "primaryGroupID: 516", "objectCategory: CN=Computer,CN=Schema,CN=Configuration,"+base)
	entry("uid=henri", "objectClass: inetOrgPerson", "uid: henri", "cn: henri", "sn: henri")
	entry("ou=ailleurs", "objectClass: referral", "objectClass: extensibleObject", "ou: ailleurs", "ref: ldap://ailleurs.test/dc=ailleurs")
	for i := range crowd {
		user(fmt.Sprintf("user%d", i), 2000+i, 512)
	}
	group("Admins du domaine", domainSID(512), "alice", "carol", "Techniciens")
	group("Techniciens", domainSID(1201), "dave", "Admins du domaine")
	group("Controleurs de domaine", domainSID(516))
	group("Administrateurs de l'entreprise", domainSID(519), "bob")
	group("Administrateurs", builtinSID(544), "Admins du domaine", "Administrateurs de l'entreprise", "Administrateur")
	group("Operateurs de compte", builtinSID(548))
	group("Operateurs de serveur", builtinSID(549))
	group("Operateurs d'impression", builtinSID(550), "DC1$")
	group("Operateurs de sauvegarde", builtinSID(551))
	return b.String()
}

func sidLine(raw []byte) string { return "objectSid:: " + base64.StdEncoding.EncodeToString(raw) }

// startSlapd loads a tree into a real server that demands TLS, and gives the
// reading account what the access rules leave it.
func startSlapd(t *testing.T, tree string, access ...string) lab {
	t.Helper()
	for _, needed := range []string{slapd, schema + "/msuser.schema"} {
		if _, err := os.Stat(needed); err != nil {
			t.Skipf("slapd of Debian is not installed: %v", err)
		}
	}
	l := newLab(t)
	l.write(t, "tree.ldif", []byte(tree))
	l.write(t, "slapd.conf", []byte(strings.NewReplacer("FOLDER", l.folder, "ACCESS", strings.Join(access, "\n")).Replace(`
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
include /etc/ldap/schema/nis.schema
include /etc/ldap/schema/msuser.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile FOLDER/slapd.pid
TLSCertificateFile FOLDER/dc1.crt
TLSCertificateKeyFile FOLDER/dc1.key
security simple_bind=128
sizelimit size.soft=500 size.hard=1000 size.prtotal=unlimited
database mdb
suffix "dc=chu,dc=test"
directory FOLDER
maxsize 67108864
ACCESS
access to attrs=userPassword by anonymous auth by * none
access to * by users read by * none
`)))
	if out, err := exec.Command(slapd, "-T", "add", "-q", "-f", l.path("slapd.conf"), "-l", l.path("tree.ldif")).CombinedOutput(); err != nil {
		t.Fatalf("load the tree: %v\n%s", err, out)
	}
	l.run(t)
	return l
}

// run starts the server, waits until its port accepts, and ends it with the test.
func (l lab) run(t *testing.T) {
	t.Helper()
	server := exec.Command(slapd, "-f", l.path("slapd.conf"), "-h", "ldaps://"+l.address+"/", "-d", "0")
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		server.Wait()
	}()
	t.Cleanup(func() {
		server.Process.Signal(syscall.SIGTERM)
		<-ended
	})
	for retry := time.Tick(5 * time.Millisecond); ; {
		if conn, err := net.Dial("tcp", l.address); err == nil {
			conn.Close()
			return
		}
		select {
		case <-ended:
			t.Fatal("slapd did not start")
		case <-retry:
		}
	}
}

// hide makes entries, or one attribute of them, invisible.
func hide(dn, attribute string) string {
	what := fmt.Sprintf("access to dn.exact=%q", dn+","+base)
	if attribute != "" {
		what += " attrs=" + attribute
	}
	return what + " by * none"
}

func TestSlapdCounts(t *testing.T) {
	l := startSlapd(t, ldif(), hide("cn=dave", "userAccountControl"))
	sighting, source := l.see(t)
	p := pseudonyms()
	names := map[string]string{p.Of("ad", "alice"): "alice", p.Of("ad", "erin"): "erin", p.Of("ad", "administrateur"): "Administrateur"}
	want := scanner.Sighting{Names: names, Fact: fact.Directory{
		Enabled: 7 + crowd, Disabled: 2,
		Privileged: 5, PrivilegedEnforced: 1, PrivilegedUnknown: 1,
		Uncovered: slices.Sorted(maps.Keys(names)),
		Groups: []fact.GroupCount{
			{Group: "Domain Admins", Members: 3},
			{Group: "Domain Controllers"},
			{Group: "Enterprise Admins", Members: 1},
			{Group: "Administrators", Members: 5},
			{Group: "Account Operators"},
			{Group: "Server Operators"},
			{Group: "Print Operators"},
			{Group: "Backup Operators"},
		},
	}}
	if diff := cmp.Diff(want, sighting); diff != "" {
		t.Errorf("sighting (-want +got):\n%s", diff)
	}
	if source.Kind != "directory" || !source.Complete || source.Problem != "" || source.Received != 12+crowd+9 || source.AsOf.IsZero() {
		t.Errorf("source = %+v", source)
	}
}

func TestSlapdHidesAPrivilegedGroup(t *testing.T) {
	l := startSlapd(t, ldif(), hide("cn=Operateurs de sauvegarde", ""))
	sighting, source := l.see(t)
	if !strings.Contains(sighting.Missing.Detail(), "Backup Operators (551)") || source.Problem != sighting.Missing.Detail() {
		t.Errorf("missing %q, source %+v", sighting.Missing.Detail(), source)
	}
}

func TestSlapdHidesAMember(t *testing.T) {
	l := startSlapd(t, ldif(), hide("cn=alice", ""))
	sighting, _ := l.see(t)
	if !strings.Contains(sighting.Missing.Detail(), "1 members of privileged groups could not be read") {
		t.Errorf("missing %q", sighting.Missing.Detail())
	}
}

func TestSlapdHidesTheMembers(t *testing.T) {
	l := startSlapd(t, ldif(), "access to attrs=member,primaryGroupID by * none", hide("cn=Administrateur", ""))
	sighting, _ := l.see(t)
	if !strings.Contains(sighting.Missing.Detail(), "no person was found in any privileged group") {
		t.Errorf("missing %q", sighting.Missing.Detail())
	}
}

func TestSlapdWithoutWindowsGroups(t *testing.T) {
	people, _, _ := strings.Cut(ldif(), "dn: cn=Admins du domaine")
	l := startSlapd(t, people)
	sighting, _ := l.see(t)
	if got := sighting.Fact.(fact.Directory); got.Enabled != 7+crowd || !strings.Contains(sighting.Missing.Detail(), "no privileged group was found") {
		t.Errorf("%d enabled, missing %q", got.Enabled, sighting.Missing.Detail())
	}
}

func TestSlapdRefuses(t *testing.T) {
	l := startSlapd(t, ldif())
	other := newLab(t)
	other.write(t, "empty", nil)
	other.write(t, "wrong", []byte("Zorglub-2026"))
	for name, test := range map[string]struct {
		change func(*Config)
		want   string
	}{
		"wrong-password":   {func(c *Config) { c.PasswordFile = other.path("wrong") }, "the directory refused the account: check bind_dn and password_file"},
		"unknown-account":  {func(c *Config) { c.BindDN = "cn=nobody," + base }, "the directory refused the account: check bind_dn and password_file"},
		"not-a-name":       {func(c *Config) { c.BindDN = "Zorglub" }, "check how they are written"},
		"unknown-base":     {func(c *Config) { c.BaseDN = "dc=elsewhere" }, "the directory does not know base_dn"},
		"other-authority":  {func(c *Config) { c.CAFile = other.path("dc1.crt") }, "check server_name and ca_file"},
		"system-authority": {func(c *Config) { c.CAFile = "" }, "check server_name and ca_file"},
		"other-name":       {func(c *Config) { c.ServerName = "dc2.chu.test" }, "check server_name and ca_file"},
		"in-clear":         {func(c *Config) { c.URL = "ldap://dc1.chu.test:389" }, "url must be written as ldaps://host:636"},
		"no-account":       {func(c *Config) { c.BindDN = "" }, "bind_dn and base_dn must be given"},
		"no-password":      {func(c *Config) { c.PasswordFile = other.path("none") }, "read password_file"},
		"empty-password":   {func(c *Config) { c.PasswordFile = other.path("empty") }, "password_file is empty"},
		"no-authority":     {func(c *Config) { c.CAFile = other.path("wrong") }, "holds no certificate"},
	} {
		t.Run(name, func(t *testing.T) {
			c := l.config()
			test.change(&c)
			sightings, err := l.observe(t, c)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("error = %v, want %q", err, test.want)
			}
			for _, secret := range []string{password, "Zorglub"} {
				if strings.Contains(err.Error(), secret) {
					t.Errorf("error holds a secret or an account: %v", err)
				}
			}
			if len(sightings) != 1 || sightings[0].Fact.(fact.Source).Problem != err.Error() {
				t.Errorf("sightings = %+v, want the problem of the source", sightings)
			}
		})
	}
}

func TestObserveObeysTheDoor(t *testing.T) {
	l := newLab(t)
	target := scanner.Target{Kind: scanner.KindDirectory, ID: "ad"}
	_, err := New([]Config{l.config()}, pseudonyms()).Observe(t.Context(), closed{}, target)
	if refusal, ok := errors.AsType[*scanner.Refusal](err); !ok || refusal.Address != "dc1.chu.test:636" {
		t.Errorf("error = %v, want the refusal of the door", err)
	}
}

func TestObserveRefusesAnotherDirectory(t *testing.T) {
	target := scanner.Target{Kind: scanner.KindDirectory, ID: "other"}
	if _, err := New(nil, pseudonyms()).Observe(t.Context(), closed{}, target); err == nil {
		t.Error("an undeclared directory was observed")
	}
}

func TestNothingPersonalComesOut(t *testing.T) {
	// A planted name everywhere a person may be named, in a tree that also
	// makes every sentence of what is missing.
	tree := strings.NewReplacer("alice", "zorglub", "Techniciens", "zorglubs").Replace(ldif())
	l := startSlapd(t, tree, hide("cn=zorglubs", ""), hide("cn=Operateurs de compte", ""))
	sighting, source := l.see(t)
	raw, err := json.Marshal([]any{sighting.Fact, sighting.Artifacts, sighting.Missing, source})
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(strings.ToLower(string(raw)), "zorglub") {
		t.Errorf("a name came out: %s", raw)
	}
	if !slices.Contains(slices.Collect(maps.Values(sighting.Names)), "zorglub") {
		t.Errorf("names = %v, want the uncovered account for the people on site", sighting.Names)
	}
}
