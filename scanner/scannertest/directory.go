// SPDX-License-Identifier: Apache-2.0

package scannertest

import (
	"crypto/rand"
	"crypto/tls"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"
)

// The directory imitates Active Directory: what a probe meets in a hospital.
const (
	baseDN        = "DC=chu-exemple,DC=test"
	directoryHost = "annuaire." + domainMain
	scanAccount   = "svc-carescan"
	scanDN        = "CN=" + scanAccount + ",OU=Comptes de service," + baseDN
	schemaDN      = "CN=Schema,CN=Configuration," + baseDN
)

// Bits of userAccountControl, as Microsoft documents them ([MS-ADTS] 2.2.16).
const (
	accountDisabled   = 0x2
	accountNormal     = 0x200
	controllerTrust   = 0x2000
	smartcardRequired = 0x40000
)

// Relative identifiers of well-known principals ([MS-DTYP] 2.4.2.4).
const (
	ridAdministrator    = 500
	ridDomainAdmins     = 512
	ridDomainUsers      = 513
	ridControllers      = 516
	ridEnterpriseAdmins = 519
	ridBuiltinAdmins    = 544
	ridController       = 1000
	ridFirstOrdinary    = 1101
	ridFirstGroup       = 2001
)

// openDirectory serves the directory over TLS to the account of the agent.
func (h *Hospital) openDirectory() error {
	certificate, err := h.certify(directoryHost, h.healthy())
	if err != nil {
		return err
	}
	listener, err := tls.Listen("tcp4", net.JoinHostPort(h.address, "0"), &tls.Config{
		MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{certificate},
	})
	if err != nil {
		return fmt.Errorf("listen for LDAPS: %w", err)
	}
	server := &ldapServer{
		listener: listener, conns: map[net.Conn]bool{},
		accounts: []string{scanDN, scanAccount + "@" + domainMain, `CHUEXEMPLE\` + scanAccount},
		password: newPassword(), entries: directoryEntries(h.now), root: rootDSE(),
	}
	server.work.Go(server.serve)
	h.onClose(server.stop)
	return h.declareDirectory(server.password, listener.Addr().String())
}

func (h *Hospital) declareDirectory(password, port string) error {
	file, err := h.write("annuaire.motdepasse", []byte(password))
	if err != nil {
		return err
	}
	h.settings.Redirects[directoryHost+":636"] = port
	h.settings.Directory = Directory{
		ID: idDirectory, URL: "ldaps://" + directoryHost + ":636", ServerName: directoryHost,
		CAFile: h.settings.CAFile, BindDN: scanDN, PasswordFile: file, BaseDN: baseDN,
	}
	return nil
}

// newPassword draws 192 bits.
func newPassword() string {
	raw := make([]byte, 24)
	_, _ = rand.Read(raw) // never fails (crypto/rand)
	return base64.RawURLEncoding.EncodeToString(raw)
}

// rootDSE is what a directory says of itself to anybody (RFC 4512 section 5.1).
func rootDSE() entry {
	return entry{attributes: []attribute{
		{"objectClass", []string{"top"}},
		{"defaultNamingContext", []string{baseDN}},
		{"namingContexts", []string{baseDN}},
		{"dnsHostName", []string{directoryHost}},
		{"supportedControl", []string{oidPaging}},
		{"supportedLDAPVersion", []string{"3"}},
	}}
}

// directoryEntries lists the whole tree: containers, accounts, groups.
func directoryEntries(now time.Time) []entry {
	accounts := directoryAccounts()
	groups := directoryGroups(accounts)
	entries := append(containers(), controller())
	for _, a := range accounts {
		entries = append(entries, a.entry(groups, now))
	}
	for _, g := range groups {
		entries = append(entries, g.entry(groups))
	}
	return entries
}

func containers() []entry {
	list := []entry{{baseDN, []attribute{
		{"objectClass", []string{"top", "domain", "domainDNS"}},
		{"dc", []string{"chu-exemple"}},
		{"objectSid", []string{domainSID()}},
	}}}
	for _, name := range []string{"OU=Personnel", "OU=Administration", "OU=Groupes", "OU=Comptes de service", "OU=Domain Controllers", "CN=Users", "CN=Builtin"} {
		class := "container"
		if strings.HasPrefix(name, "OU=") {
			class = "organizationalUnit"
		}
		list = append(list, entry{name + "," + baseDN, []attribute{{"objectClass", []string{"top", class}}}})
	}
	return list
}

// controller is the machine that runs the directory: a user for the schema, and
// nobody.
func controller() entry {
	return entry{"CN=SRV-AD1,OU=Domain Controllers," + baseDN, []attribute{
		{"objectClass", []string{"top", "person", "organizationalPerson", "user", "computer"}},
		{"objectCategory", []string{"CN=Computer," + schemaDN}},
		{"cn", []string{"SRV-AD1"}},
		{"sAMAccountName", []string{"SRV-AD1$"}},
		{"userAccountControl", []string{strconv.Itoa(controllerTrust)}},
		{"objectSid", []string{domainSID(ridController)}},
		{"primaryGroupID", []string{strconv.Itoa(ridControllers)}},
	}}
}

// account is an account of a person.
type account struct {
	dn, login, name string
	title           string
	rid, primary    int
	disabled, smart bool
}

// directoryAccounts are 200 accounts: the staff, the eight administrators and
// the built-in one, disabled as it should be.
func directoryAccounts() []account {
	var accounts []account
	for i, p := range staff() {
		accounts = append(accounts, account{
			dn: "CN=" + p.name() + ",OU=Personnel," + baseDN, login: p.login(), name: p.name(), title: p.job,
			rid: ridFirstOrdinary + i, primary: ridDomainUsers, disabled: p.inactive,
		})
	}
	return append(accounts, administrators()...)
}

// administrators are eight accounts, of which five must sign in with a smart
// card. The seventh is privileged by its primary group alone.
func administrators() []account {
	var accounts []account
	technicians := staff()[staffSize-10:]
	for i, smart := range []bool{true, true, true, false, true, true, false, false} {
		name := "ADM " + technicians[i].name()
		primary := ridDomainUsers
		if i == 7 {
			primary = ridDomainAdmins
		}
		accounts = append(accounts, account{
			dn: "CN=" + name + ",OU=Administration," + baseDN, login: "adm-" + technicians[i].login(), name: name,
			title: "Compte d’administration", rid: ridFirstOrdinary + staffSize + i, primary: primary, smart: smart,
		})
	}
	return append(accounts, account{
		dn: "CN=Administrateur,CN=Users," + baseDN, login: "Administrateur", name: "Administrateur",
		rid: ridAdministrator, primary: ridDomainUsers, disabled: true,
	})
}

func (a account) entry(groups []group, now time.Time) entry {
	return entry{a.dn, []attribute{
		{"objectClass", []string{"top", "person", "organizationalPerson", "user"}},
		{"objectCategory", []string{"CN=Person," + schemaDN}},
		{"cn", []string{a.name}},
		{"displayName", []string{a.name}},
		{"title", present(a.title)},
		{"sAMAccountName", []string{a.login}},
		{"userPrincipalName", []string{a.login + "@" + domainMain}},
		{"userAccountControl", []string{strconv.Itoa(a.control())}},
		{"objectSid", []string{domainSID(uint32(a.rid))}},
		{"primaryGroupID", []string{strconv.Itoa(a.primary)}},
		{"memberOf", memberOf(a.dn, groups)},
		{"pwdLastSet", []string{fileTime(now.AddDate(0, -4, 0))}},
		{"lastLogonTimestamp", []string{fileTime(now.AddDate(0, 0, -3))}},
	}}
}

// present is a value, or no value when empty.
func present(value string) []string {
	if value == "" {
		return nil
	}
	return []string{value}
}

func (a account) control() int {
	flags := accountNormal
	if a.disabled {
		flags |= accountDisabled
	}
	if a.smart {
		flags |= smartcardRequired
	}
	return flags
}

// domainSID identifies the domain, or a principal of it.
func domainSID(rid ...uint32) string {
	return sid(append([]uint32{21, 2026112201, 1309874455, 3020114477}, rid...)...)
}

// builtinSID identifies a group that every machine has.
func builtinSID(rid uint32) string { return sid(32, rid) }

// sid writes a security identifier S-1-5-… in binary ([MS-DTYP] 2.4.2.2).
func sid(subAuthorities ...uint32) string {
	raw := []byte{1, byte(len(subAuthorities)), 0, 0, 0, 0, 0, 5}
	for _, part := range subAuthorities {
		raw = binary.LittleEndian.AppendUint32(raw, part)
	}
	return string(raw)
}

// fileTime writes a moment as Windows does: tenths of microseconds since 1601.
func fileTime(t time.Time) string {
	const secondsTo1970 = 11644473600
	return strconv.FormatInt((t.Unix()+secondsTo1970)*1e7, 10)
}
