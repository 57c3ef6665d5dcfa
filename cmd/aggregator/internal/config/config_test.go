// SPDX-License-Identifier: Apache-2.0

package config

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/pflag"

	"carescan/scanner"
	"carescan/scanner/settings"
)

func load(t *testing.T, file string, args ...string) (Config, error) {
	t.Helper()
	flags := pflag.NewFlagSet("test", pflag.ContinueOnError)
	Flags(flags, scanner.French)
	if file != "" {
		path := filepath.Join(t.TempDir(), "aggregator.yaml")
		if err := os.WriteFile(path, []byte(file), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, "--config", path)
	}
	if err := flags.Parse(args); err != nil {
		t.Fatal(err)
	}
	return Load(flags)
}

func initial() Config {
	return Config{
		Data: "/var/lib/carescan-aggregator", Language: "fr", SilentAfter: 192 * time.Hour, Rounds: BySelf,
		Agent: Agent{Listen: "127.0.0.1:8443"}, Web: Web{Listen: "127.0.0.1:8444"},
		Database: Database{Owner: "carescan_owner", TLS: "verify-full"},
		OIDC:     OIDC{GroupsClaim: "groups"},
	}
}

func TestLoadWithoutAnything(t *testing.T) {
	got, err := load(t, "")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(initial(), got); diff != "" {
		t.Errorf("settings (-want +got):\n%s", diff)
	}
}

func TestLoadPrecedence(t *testing.T) {
	t.Setenv("CARESCAN_AGGREGATOR_WEB_LISTEN", "127.0.0.1:2")
	t.Setenv("CARESCAN_AGGREGATOR_REGION", "from environment")
	got, err := load(t, "region: from file\nlanguage: en\nsilent_after: 24h\nweb: {listen: \"127.0.0.1:1\"}\n", "--region", "from flag")
	if err != nil {
		t.Fatal(err)
	}
	want := initial()
	want.Region, want.Language, want.SilentAfter, want.Web.Listen = "from flag", "en", 24*time.Hour, "127.0.0.1:2"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("settings (-want +got):\n%s", diff)
	}
}

func TestLoadRefuses(t *testing.T) {
	cases := map[string]struct{ file, want string }{
		"unknown_key":     {"regoin: x", "regoin"},
		"oidc_no_issuer":  {"oidc: {client_id: carescan}", "oidc.issuer"},
		"oidc_in_clear":   {"oidc: {issuer: \"http://id.test\", client_id: c, client_secret_file: f, amr: otp, groups: a=analyst@region}", "https"},
		"oidc_no_secret":  {"oidc: {issuer: \"https://id.test\", client_id: c, amr: otp, groups: a=analyst@region}", "oidc.client_secret_file"},
		"oidc_no_factor":  {"oidc: {issuer: \"https://id.test\", client_id: c, client_secret_file: f, groups: a=analyst@region}", "oidc.acr"},
		"oidc_no_role":    {"oidc: {issuer: \"https://id.test\", client_id: c, client_secret_file: f, amr: otp, groups: a=doctor@region}", "oidc.groups"},
		"unknown_nested":  {"web: {port: 1}", "port"},
		"wrong_type":      {"region: [a]", "region"},
		"language":        {"language: de", "neither fr nor en"},
		"address":         {"agent: {listen: nowhere}", "agent.listen"},
		"plain_url":       {"web: {url: \"http://x.test\"}", "web.url"},
		"half_stamp":      {"stamp: {url: \"https://tsa.test\"}", "go together"},
		"stamp_address":   {"stamp: {url: \"ftp://tsa.test\", ca_file: a.pem}", "stamp.url"},
		"absent_roots":    {"stamp: {url: \"https://tsa.test\", ca_file: /none/a.pem}", "stamp.ca_file"},
		"same_authority":  {"stamp: {url: \"https://tsa.test\", ca_file: /none/a.pem, second_url: \"https://tsa.test\", second_ca_file: /none/a.pem}", "the first one"},
		"half_tls":        {"web: {tls_cert_file: a.pem}", "go together"},
		"absent_tls":      {"web: {tls_cert_file: /none/a.pem, tls_key_file: /none/a.key}", "tls_cert_file"},
		"silence":         {"silent_after: 0s", "silent_after"},
		"broken_yaml":     {"web: {", "aggregator.yaml, line 1: "},
		"no_data":         {"data: \"\"", "data"},
		"silence_garbage": {"silent_after: soon", "silent_after"},
		"silence_number":  {"silent_after: 8", `silent_after: "8" has no unit`},
		"null":            {"region:", "no value is written"},
		"twice":           {"region: a\nregion: b", "line 2, region: this key is already written on line 1"},
		"rounds":          {"rounds: nobody", "neither serve nor worker"},
		"rounds_apart":    {"rounds: worker", "on SQLite serve alone does the rounds"},
		"several":         {"language: de\nweb: {url: \"http://x.test\"}", "line 1, language: \"de\" is neither fr nor en; "},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := load(t, c.file)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one about %q", err, c.want)
			}
		})
	}
}

// TestFaultsNameTheirOrigin holds that a variable and a flag obey the same rules as
// the file, and that the message names the one at fault.
func TestFaultsNameTheirOrigin(t *testing.T) {
	t.Setenv("CARESCAN_AGGREGATOR_SILENT_AFTER", "8")
	t.Setenv("CARESCAN_AGGREGATOR_LANGUAGE", "de")
	_, err := load(t, "language: fr\n", "--language", "it")
	const want = `CARESCAN_AGGREGATOR_SILENT_AFTER, silent_after: "8" has no unit`
	if err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
	_, err = load(t, "language: fr\nweb: {url: nowhere}\n", "--language", "it", "--silent-after", "9d")
	if err == nil || !strings.Contains(err.Error(), `--language, language: "it" is neither fr nor en`) || !strings.Contains(err.Error(), "line 2, web.url") {
		t.Errorf("error %v, want the flag and the line named", err)
	}
}

func TestEveryKeyIsDocumented(t *testing.T) {
	documented := documentation()
	for path, key := range documented {
		if key.FR == "" || key.EN == "" || (key.Default == "") == (key.Example == "") {
			t.Errorf("%s: both languages, and a default or an example, are needed", path)
		}
		if !slices.Contains(settings.Paths(Config{}), path) {
			t.Errorf("%s is documented and is no key", path)
		}
	}
	for _, path := range settings.Paths(Config{}) {
		if _, ok := documented[path]; !ok {
			t.Errorf("%s is a key without documentation", path)
		}
	}
}

const exampleFile = "../../../../docs/aggregator.example.yaml"

// TestExample holds that the example file is accepted as it is, and that it shows
// every key with its default or its example.
func TestExample(t *testing.T) {
	raw, err := os.ReadFile(exampleFile)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := load(t, string(raw)); err != nil {
		t.Error(err)
	}
	for path, key := range documentation() {
		name := path[strings.LastIndex(path, ".")+1:]
		if !strings.Contains(string(raw), name+": "+key.Default+key.Example) {
			t.Errorf("docs/aggregator.example.yaml does not show %s: %s%s", path, key.Default, key.Example)
		}
		for _, words := range []string{key.FR, key.EN} {
			if !strings.Contains(string(raw), "# "+words+"\n") {
				t.Errorf("docs/aggregator.example.yaml does not say of %s: %s", path, words)
			}
		}
	}
}
