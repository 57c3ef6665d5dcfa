// SPDX-License-Identifier: Apache-2.0

package accounts

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/charmap"

	"carescan/scanner"
	"carescan/scanner/fact"
	"carescan/scanner/settings"
)

var _ scanner.Probe = Probe{}

const header = "login;statut;fonction;facteur;2fa_obligatoire\n"

func pseudonyms() scanner.Pseudonyms {
	return scanner.NewPseudonyms([]byte("0123456789abcdef0123456789abcdef"))
}

// observe writes an export, looks at it and returns its facts.
func observe(t *testing.T, content string, c Config) (scanner.Sighting, fact.Source, error) {
	t.Helper()
	c.ID, c.File = "dpi", filepath.Join(t.TempDir(), "export.csv")
	if err := os.WriteFile(c.File, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	sightings, err := New(Settings{c}, pseudonyms()).Observe(t.Context(), nil, scanner.Target{Kind: scanner.KindApplication, ID: "dpi"})
	if err != nil {
		return scanner.Sighting{}, sightings[0].Fact.(fact.Source), err
	}
	return sightings[0], sightings[1].Fact.(fact.Source), nil
}

func count(t *testing.T, content string, c Config) fact.Accounts {
	t.Helper()
	sighting, _, err := observe(t, content, c)
	if err != nil {
		t.Fatal(err)
	}
	return sighting.Fact.(fact.Accounts)
}

func TestObserveCounts(t *testing.T) {
	const content = header +
		"a.martin;actif;Médecin;e-CPS;oui\n" +
		"b.durand;actif;médecin;aucun;oui\n" +
		"c.petit;actif;IDE;totp;non\n" +
		"d.grand;actif;Infirmière;badge magique;oui\n" +
		"e.blanc;actif;Administrateur;sms+fido2;\n" +
		"f.noir;inactif;Administrateur;aucun;non\n" +
		"g.roux;actif;Secrétaire;sms;non\n"
	sighting, source, err := observe(t, content, Config{Name: "Dossier patient", Sensitive: true, AsOf: settings.Moment(time.Date(2026, 10, 1, 0, 0, 0, 0, scanner.Zone))})
	if err != nil {
		t.Fatal(err)
	}
	p := pseudonyms()
	names := map[string]string{p.Of("dpi", "b.durand"): "b.durand", p.Of("dpi", "g.roux"): "g.roux"}
	want := scanner.Sighting{Names: names, Fact: fact.Accounts{
		Application: "Dossier patient", Sensitive: true,
		Populations: []fact.Population{
			{Name: "administrators", Enabled: 1, Equipped: 1, UnknownEnforced: 1},
			{Name: "physicians", Enabled: 2, Equipped: 1, Enforced: 1},
			{Name: "nurses", Enabled: 2, Equipped: 1, UnknownEquipped: 1, UnknownEnforced: 1},
			{Name: "other_dpi_users", Enabled: 1},
		},
		Uncovered: slices.Sorted(maps.Keys(names)),
	}}
	if diff := cmp.Diff(want, sighting); diff != "" {
		t.Errorf("sighting (-want +got):\n%s", diff)
	}
	health := fact.Source{
		Kind: "accounts", AsOf: time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC), Received: 7, Complete: true,
		Digest: scanner.Digest([]byte(content)), Unmapped: []fact.Unmapped{{Column: "facteur", Word: p.Of("dpi", "badge magique"), Accounts: 1}},
	}
	if diff := cmp.Diff(health, source); diff != "" {
		t.Errorf("source (-want +got):\n%s", diff)
	}
}

func TestObserveTakesTheDateOfTheFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "export.csv")
	at := time.Date(2026, 9, 1, 8, 0, 0, 0, time.UTC)
	if err := os.WriteFile(file, []byte(header), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(file, at, at); err != nil {
		t.Fatal(err)
	}
	var source fact.Source
	if _, err := read(t.Context(), Config{ID: "dpi", File: file}, &source); err != nil {
		t.Fatal(err)
	}
	if !source.AsOf.Equal(at) {
		t.Errorf("AsOf = %v, want %v", source.AsOf, at)
	}
}

func utf16LE(text string) string {
	var saved []byte
	for _, unit := range utf16.Encode([]rune(text)) {
		saved = binary.LittleEndian.AppendUint16(saved, unit)
	}
	return string(saved)
}

// TestTwoEncodings reads a file joined from two sources (RFC 3629 section 3).
func TestTwoEncodings(t *testing.T) {
	got := count(t, header+"a.un;Actif;Médecin;CPS;Oui\nb.deux;Désactivé;Infirmière;aucun;Non\nc.trois;Actif;Secr\xe9taire;aucun;Non\n", Config{})
	want := []fact.Population{{Name: "physicians", Enabled: 1, Equipped: 1, Enforced: 1}, {Name: "other_dpi_users", Enabled: 1}}
	if diff := cmp.Diff(want, got.Populations); diff != "" {
		t.Errorf("populations (-want +got):\n%s", diff)
	}
}

// TestShortRows reads lines whose last empty cells a spreadsheet dropped.
func TestShortRows(t *testing.T) {
	sighting, source, err := observe(t, header+"u0;Actif;Médecin;CPS;Oui\r\nu1;Actif;Médecin;CPS;Oui\r\nu9;Actif;Médecin;aucun\r\nu8;Actif\r\n", Config{})
	if err != nil {
		t.Fatal(err)
	}
	want := []fact.Population{
		{Name: "physicians", Enabled: 3, Equipped: 2, Enforced: 2},
		{Name: "other_dpi_users", Enabled: 1, UnknownEquipped: 1, UnknownEnforced: 1},
	}
	if diff := cmp.Diff(want, sighting.Fact.(fact.Accounts).Populations); diff != "" || source.Rejected != 0 {
		t.Errorf("%d rejected, populations (-want +got):\n%s", source.Rejected, diff)
	}
}

func TestFormsOfTheFile(t *testing.T) {
	const content = header + "a;actif;Médecin;cps;oui\n"
	latin, err := charmap.Windows1252.NewEncoder().String(content)
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		content string
		config  Config
	}{
		"utf-8":                 {content, Config{}},
		"utf-8-mark":            {"\ufeff" + content, Config{}},
		"windows-1252":          {latin, Config{}},
		"windows-lines":         {strings.ReplaceAll(content, "\n", "\r\n"), Config{}},
		"commas":                {strings.ReplaceAll(content, ";", ","), Config{}},
		"quotes":                {"\"login\";statut;fonction;facteur;2fa_obligatoire\n\"a\";actif;\"Médecin\";cps;oui\n", Config{}},
		"other-order":           {"facteur;2fa_obligatoire;fonction;statut;login;bureau\ncps;oui;Médecin;actif;a;12\n", Config{}},
		"separator-line":        {"sep=;\r\n" + content, Config{}},
		"separator-line-quoted": {"\"sep=,\"\r\n" + strings.ReplaceAll(content, ";", ","), Config{}},
		"tabs":                  {strings.ReplaceAll(content, ";", "\t"), Config{}},
		"bars":                  {strings.ReplaceAll(content, ";", "|"), Config{}},
		"unicode-text-of-excel": {utf16LE("\ufeff" + strings.ReplaceAll(strings.ReplaceAll(content, ";", "\t"), "\n", "\r\n")), Config{}},
		"utf-16-without-mark":   {utf16LE(content), Config{}},
		"formulas":              {header + "=\"001\";actif;=\"Médecin\";\"=\"\"cps\"\"\";oui\n", Config{}},
		"end-of-dos":            {content + "\x1a", Config{}},
		"old-mac":               {strings.ReplaceAll(content, "\n", "\r"), Config{}},
		"surplus-empty-cells":   {header + "a;actif;Médecin;cps;oui;;;\n", Config{}},
		"french-titles":         {"Identifiant;Statut;Profil métier;2e facteur;2FA obligatoire\na;actif;Médecin;cps;oui\n", Config{}},
		"rpps":                  {"N° RPPS;État du compte;Profession;Moyen d’authentification;MFA obligatoire\na;actif;Médecin;cps;oui\n", Config{}},
		"several-logins":        {"Matricule;N° RPPS;Identifiant;statut;fonction;facteur;2fa_obligatoire\n;;a;actif;Médecin;cps;oui\n", Config{}},
		"declared-wins":         {"Actif;statut;login;fonction;facteur;2fa_obligatoire\nVRAI;Titulaire;a;Médecin;cps;oui\n", Config{Columns: []Meaning{{Word: "Actif", Is: "statut"}}}},
		"closed":                {content + "b;Verrouillé;Médecin;aucun;non\nc;Archivé;Médecin;aucun;non\nd;FAUX;Médecin;aucun;FAUX\n", Config{}},
		"blank-lines":           {content + "\n;;;;\n", Config{}},
		"other-titles": {
			"Identifiant;Compte;Métier;Moyen;Imposé\na;actif;Praticien;Badge;oui\n",
			Config{
				Columns:     []Meaning{{Word: "identifiant", Is: "login"}, {Word: "COMPTE", Is: "statut"}, {Word: "Metier", Is: "fonction"}, {Word: "Moyen", Is: "facteur"}, {Word: "Imposé", Is: "2fa_obligatoire"}},
				Populations: []Meaning{{Word: "praticien", Is: "physicians"}},
				Factors:     []Meaning{{Word: "badge", Is: "cps"}},
			},
		},
		"tier-as-factor":   {header + "a;1;Médecin;Badge;1\n", Config{Factors: []Meaning{{Word: "Badge", Is: "3"}}}},
		"no-status-column": {"login;fonction;facteur;2fa_obligatoire\na;Médecin;cps;oui\n", Config{Columns: []Meaning{{Word: "", Is: "statut"}}}},
	} {
		t.Run(name, func(t *testing.T) {
			want := []fact.Population{{Name: "physicians", Enabled: 1, Equipped: 1, Enforced: 1}}
			if diff := cmp.Diff(want, count(t, test.content, test.config).Populations); diff != "" {
				t.Errorf("populations (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDuplicatesAreMergedPessimistically(t *testing.T) {
	for name, test := range map[string]struct {
		lines string
		want  fact.Population
	}{
		"weaker-factor":     {"A;actif;Médecin;cps;oui\na;actif;Médecin;aucun;oui\n", fact.Population{Name: "physicians", Enabled: 1}},
		"unknown-factor":    {"a;actif;Médecin;cps;oui\na;actif;Médecin;truc;oui\n", fact.Population{Name: "physicians", Enabled: 1, UnknownEquipped: 1, UnknownEnforced: 1}},
		"not-mandatory":     {"a;actif;Médecin;cps;non\na;actif;Médecin;cps;oui\n", fact.Population{Name: "physicians", Enabled: 1, Equipped: 1}},
		"closed-then-open":  {"a;inactif;Médecin;cps;oui\na;actif;Médecin;cps;oui\n", fact.Population{Name: "physicians", Enabled: 1, Equipped: 1, Enforced: 1}},
		"open-then-closed":  {"a;actif;Médecin;aucun;oui\na;inactif;Médecin;cps;oui\n", fact.Population{Name: "physicians", Enabled: 1}},
		"higher-population": {"a;actif;Secrétaire;cps;oui\na;actif;Administrateur;cps;oui\n", fact.Population{Name: "administrators", Enabled: 1, Equipped: 1, Enforced: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			sighting, source, err := observe(t, header+test.lines, Config{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]fact.Population{test.want}, sighting.Fact.(fact.Accounts).Populations); diff != "" {
				t.Errorf("populations (-want +got):\n%s", diff)
			}
			if source.Received != 2 || source.Rejected != 1 || len(sighting.Missing) > 0 {
				t.Errorf("received %d, rejected %d, missing %q", source.Received, source.Rejected, sighting.Missing.Detail())
			}
		})
	}
}

func TestWhatIsNotUnderstoodIsSaid(t *testing.T) {
	sighting, source, err := observe(t, header+"a;actif;Médecin;cps;oui\n;actif;Médecin;cps;oui\nb;actif;Médecin;cps;oui;12\na;actif;Médecin;cps;oui\n", Config{})
	if err != nil {
		t.Fatal(err)
	}
	want := fact.Source{Received: 4, Rejected: 3, Duplicates: 1, Nameless: 1, Broken: 1}
	got := fact.Source{Received: source.Received, Rejected: source.Rejected, Duplicates: source.Duplicates, Nameless: source.Nameless, Broken: source.Broken}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("source (-want +got):\n%s", diff)
	}
	if said := sighting.Missing.Detail(); said != "1 lines have no login; 1 lines have more cells than the header" {
		t.Errorf("missing %q", said)
	}
}

// TestWordsWithoutMeaningAreCountedOnce tells a word that several accounts share, and
// keeps on site one that may be a name.
func TestWordsWithoutMeaningAreCountedOnce(t *testing.T) {
	var content strings.Builder
	content.WriteString(header)
	for i := range 239 {
		word := []string{"Praticien hospitalier", "PRATICIEN  HOSPITALIER"}[i%2]
		fmt.Fprintf(&content, "u%d;actif;%s;cps;oui\n", i, word)
	}
	content.WriteString("u0;actif;Praticien hospitalier;cps;oui\nv;archivé;Sage-femme;cps;oui\nw;actif;;cps;oui\nx;en congé;Médecin;badge;parfois\n")
	c := Config{ID: "dpi", File: filepath.Join(t.TempDir(), "export.csv")}
	if err := os.WriteFile(c.File, []byte(content.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	p := pseudonyms()
	sightings, err := New(Settings{c}, p).Observe(t.Context(), nil, scanner.Target{Kind: scanner.KindApplication, ID: "dpi"})
	if err != nil {
		t.Fatal(err)
	}
	source := sightings[1].Fact.(fact.Source)
	want := []fact.Unmapped{
		{Column: "fonction", Word: "Praticien hospitalier", Accounts: 239},
		{Column: "2fa_obligatoire", Word: p.Of("dpi", "parfois"), Accounts: 1},
		{Column: "facteur", Word: p.Of("dpi", "badge"), Accounts: 1},
		{Column: "fonction", Accounts: 1},
		{Column: "statut", Word: p.Of("dpi", "en conge"), Accounts: 1},
	}
	if diff := cmp.Diff(want, source.Unmapped); diff != "" {
		t.Errorf("unmapped (-want +got):\n%s", diff)
	}
	names := map[string]string{p.Of("dpi", "parfois"): "parfois", p.Of("dpi", "badge"): "badge", p.Of("dpi", "en conge"): "en congé"}
	if diff := cmp.Diff(names, sightings[1].Names); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
	if source.Received != 243 || source.Rejected != 1 || source.Duplicates != 1 {
		t.Errorf("received %d, rejected %d, duplicates %d", source.Received, source.Rejected, source.Duplicates)
	}
}

// TestUncertainStatusStaysInsideTheBounds counts an account that may be closed so
// that the share with it and the share without it lie between the bounds.
func TestUncertainStatusStaysInsideTheBounds(t *testing.T) {
	for name, test := range map[string]struct {
		doubtful string
		want     fact.Population
	}{
		"without-factor": {"b;en congé;Médecin;aucun;non\n", fact.Population{Name: "physicians", Enabled: 2, Equipped: 1, Enforced: 1, UnknownEquipped: 1, UnknownEnforced: 1}},
		"with-factor":    {"b;en congé;Médecin;cps;oui\n", fact.Population{Name: "physicians", Enabled: 2, Equipped: 1, Enforced: 1, UnknownEquipped: 1, UnknownEnforced: 1}},
		"empty":          {"b;;Médecin;aucun;non\n", fact.Population{Name: "physicians", Enabled: 2, Equipped: 1, Enforced: 1, UnknownEquipped: 1, UnknownEnforced: 1}},
		"also-open":      {"b;en congé;Médecin;aucun;non\nb;actif;Médecin;cps;oui\n", fact.Population{Name: "physicians", Enabled: 2, Equipped: 1, Enforced: 1, UnknownEquipped: 1, UnknownEnforced: 1}},
		"also-closed":    {"b;en congé;Médecin;aucun;non\nb;archivé;Médecin;cps;oui\n", fact.Population{Name: "physicians", Enabled: 2, Equipped: 1, Enforced: 1, UnknownEquipped: 1, UnknownEnforced: 1}},
		"declared":       {"b;Absent;Médecin;aucun;non\n", fact.Population{Name: "physicians", Enabled: 1, Equipped: 1, Enforced: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			sighting, _, err := observe(t, header+"a;actif;Médecin;cps;oui\n"+test.doubtful, Config{Statuses: []Meaning{{Word: "absent", Is: "inactif"}}})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]fact.Population{test.want}, sighting.Fact.(fact.Accounts).Populations); diff != "" {
				t.Errorf("populations (-want +got):\n%s", diff)
			}
			if len(sighting.Names) > 0 || len(sighting.Missing) > 0 {
				t.Errorf("names %v, missing %v, want nobody to equip", sighting.Names, sighting.Missing)
			}
		})
	}
}

func TestWordsOfStatusAndMandatory(t *testing.T) {
	words, faults := newVocabulary(Config{Mandatory: []Meaning{{Word: "Hors site", Is: "non"}}})
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	for cell, want := range map[string]answer{
		"VRAI": yes, "FAUX": no, "Vrai": yes, "TRUE": yes, "Oui": yes, "N": no, "1": yes, "0": no, "x": yes, "Activé": yes, "Désactivée": no, "": unknown, "parfois": unknown,
	} {
		status, _ := says(words.statuses, cell)
		mandatory, _ := says(words.mandatory, cell)
		if status != want || mandatory != want {
			t.Errorf("%q: status %d, mandatory %d, want %d", cell, status, mandatory, want)
		}
	}
	for cell, want := range map[string]answer{
		"Actif": yes, "Ouvert": yes, "Verrouillé": no, "Archivé": no, "Bloqué": no, "Clôturé": no, "Expiré": no, "Suspendue": no, "Locked": no,
		"En congé": unknown, "Obligatoire": unknown,
	} {
		if got, _ := says(words.statuses, cell); got != want {
			t.Errorf("status %q = %d, want %d", cell, got, want)
		}
	}
	for cell, want := range map[string]answer{"Obligatoire": yes, "Imposé": yes, "Required": yes, "Facultatif": no, "hors\u00a0site": no, "Verrouillé": unknown} {
		if got, _ := says(words.mandatory, cell); got != want {
			t.Errorf("mandatory %q = %d, want %d", cell, got, want)
		}
	}
}

func TestFactorsOfACell(t *testing.T) {
	words, err := newVocabulary(Config{})
	if err != nil {
		t.Fatal(err)
	}
	for cell, want := range map[string]answer{
		"CPS": yes, "e-CPS": yes, "FIDO2": yes, "WebAuthn": yes, "totp": yes, "hotp": yes, "push": yes, "sms + totp": yes,
		"Carte à puce": yes, "totp+machin": yes,
		"sms": no, "e-mail": no, "aucun": no, "sms+email": no, "Mot de passe": no,
		"mobilePhone,softwareOneTimePasscode": yes, "mobilePhone,email": no, "TOTP / SMS": yes, "sms|totp": yes, "sms; e-CPS": yes, "SMS et CPS": yes,
		`["mobilePhone","fido2"]`: yes, "sms & machin": unknown, "Application d’authentification": yes, "clé de sécurité": yes, "sms ou totp": unknown,
		"": unknown, "machin": unknown, "sms+machin": unknown, "totpx": unknown, "radius": unknown,
	} {
		if got, _ := words.equipped(cell); got != want {
			t.Errorf("equipped(%q) = %d, want %d", cell, got, want)
		}
	}
}

func TestUncoveredIsBounded(t *testing.T) {
	var content strings.Builder
	content.WriteString(header)
	for i := range 250 {
		fmt.Fprintf(&content, "user%d;actif;Médecin;aucun;non\n", i)
	}
	sighting, _, err := observe(t, content.String(), Config{})
	if err != nil {
		t.Fatal(err)
	}
	got := sighting.Fact.(fact.Accounts).Uncovered
	if len(got) != maxUncovered || !slices.Equal(got, slices.Sorted(maps.Keys(sighting.Names))) {
		t.Errorf("%d pseudonyms, %d names, want %d of the same", len(got), len(sighting.Names), maxUncovered)
	}
}

func TestObserveRefuses(t *testing.T) {
	for name, test := range map[string]struct {
		content string
		config  Config
		want    string
	}{
		"empty-file":         {"", Config{}, "the file is empty"},
		"no-header":          {"zorglub;actif;Médecin;cps;oui\n", Config{}, "it lacks: login, fonction, facteur, 2fa_obligatoire; "},
		"column-twice":       {"login;statut;fonction;facteur;2fa_obligatoire;Login\n", Config{}, `the column "login" is written twice`},
		"title-above":        {"Export des comptes zorglub;;;;\r\n" + header, Config{}, `line 1: this line is read as that of the titles, and it lacks: login, statut, fonction, facteur, 2fa_obligatoire; remove what stands above the titles`},
		"one-lacks":          {"login;statut;fonction;facteur\n", Config{}, `in place of the dots: columns: [{word: "…", is: 2fa_obligatoire}]`},
		"utf-16-title":       {"\xff\xfel\x00o\x00", Config{}, "it lacks: login, "},
		"binary":             {"login\x01;\x00\x00", Config{}, "it is not a text file"},
		"unknown-status":     {header, Config{Statuses: []Meaning{{Word: "a", Is: "oui"}}}, "is not a known value"},
		"unknown-mandatory":  {header, Config{Mandatory: []Meaning{{Word: "a", Is: "actif"}}}, "is not a known value"},
		"open-quote":         {header + "a;actif;Médecin;cps;oui\nzorglub;\"actif;Médecin;cps;oui\n", Config{}, "line 3: "},
		"stray-quote":        {header + "zor\"glub;actif;Médecin;cps;oui\n", Config{}, "line 2: "},
		"long-field":         {header + "a;actif;" + strings.Repeat("z", maxField+1) + ";cps;oui\n", Config{}, "line 2: a field is longer"},
		"too-many-lines":     {header + strings.Repeat("a;1;b;c;d\n", maxRows+1), Config{}, "at most 200000 lines"},
		"unknown-population": {header, Config{Populations: []Meaning{{Word: "a", Is: "b"}}}, "is not a known value"},
		"unknown-tier":       {header, Config{Factors: []Meaning{{Word: "a", Is: "4"}}}, "neither a known method nor a tier"},
		"unknown-column":     {header, Config{Columns: []Meaning{{Word: "a", Is: "nom"}}}, "is not a known value"},
		"no-login-column":    {header, Config{Columns: []Meaning{{Word: "", Is: "login"}}}, "cannot be left out"},
	} {
		t.Run(name, func(t *testing.T) {
			_, source, err := observe(t, test.content, test.config)
			if err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), "export.csv") {
				t.Fatalf("error = %v, want the file and %q", err, test.want)
			}
			if strings.Contains(err.Error(), "zor") {
				t.Errorf("error repeats the content of the file: %v", err)
			}
			if source.Problem != err.Error() || source.Complete {
				t.Errorf("source = %+v, want the problem", source)
			}
		})
	}
}

func TestObserveRefusesWhatIsNotAFile(t *testing.T) {
	for name, file := range map[string]string{"absent": filepath.Join(t.TempDir(), "none.csv"), "folder": t.TempDir(), "device": "/dev/zero"} {
		t.Run(name, func(t *testing.T) {
			target := scanner.Target{Kind: scanner.KindApplication, ID: "dpi"}
			if _, err := New(Settings{{ID: "dpi", File: file}}, pseudonyms()).Observe(t.Context(), nil, target); err == nil {
				t.Errorf("%s was read", file)
			}
		})
	}
}

func TestObserveRefusesAnotherApplication(t *testing.T) {
	target := scanner.Target{Kind: scanner.KindApplication, ID: "other"}
	if _, err := New(Settings{{ID: "dpi"}}, pseudonyms()).Observe(t.Context(), nil, target); err == nil {
		t.Error("an undeclared application was observed")
	}
}

func TestNothingPersonalComesOut(t *testing.T) {
	sighting, source, err := observe(t, "login;statut;fonction;facteur;2fa_obligatoire;nom\n"+
		"zorglub;actif;Médecin;aucun;oui;Zorglub\nzorglub2;Zorglub;Zorglub;zorglub;zorglub;Zorglub\n;Zorglub;;;;\n", Config{})
	if err != nil {
		t.Fatal(err)
	}
	sealed := []any{sighting.Fact, sighting.Artifacts, sighting.Missing, source}
	raw, err := json.Marshal(sealed)
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

func FuzzParse(f *testing.F) {
	f.Add([]byte(header + "a;actif;Médecin;cps+totp;oui\n"))
	f.Add([]byte("\xff\xfe"))
	f.Add([]byte("sep=\t\r\nN° RPPS\tstatut\tfonction\tfacteur\t2fa_obligatoire\r\n=\"01\"\tVRAI\tX\tsms/totp\t\r\n\x1a"))
	f.Add([]byte("login,statut,fonction,facteur,2fa_obligatoire\r\n\"a\"\"b\",1,,,\r\n"))
	f.Add([]byte("login;statut;fonction;facteur;2fa_obligatoire\nM\xe9decin;;;;\n"))
	words, err := newVocabulary(Config{})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		content, err := decode(data)
		if err != nil {
			return
		}
		taken := newCensus()
		received, err := parse(content, nil, func(r row) { taken.add(r, words) })
		if err != nil {
			return
		}
		if got := len(taken.accounts) + taken.rejected(); got != received {
			t.Errorf("%d lines accounted for, %d received", got, received)
		}
		for _, p := range taken.count(Config{ID: "a"}, pseudonyms()).Fact.(fact.Accounts).Populations {
			if p.Equipped+p.UnknownEquipped > p.Enabled || p.Enforced+p.UnknownEnforced > p.Enabled || p.Enforced > p.Equipped {
				t.Errorf("counts that cannot be: %+v", p)
			}
		}
	})
}
