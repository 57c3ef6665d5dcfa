// SPDX-License-Identifier: Apache-2.0

package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/pflag"

	"carescan/scanner"
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
		Data: "/var/lib/carescan-aggregator", Language: "fr", SilentAfter: 192 * time.Hour,
		Agent: Agent{Listen: "127.0.0.1:8443"}, Web: Web{Listen: "127.0.0.1:8444"},
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
		"unknown_nested":  {"web: {port: 1}", "port"},
		"wrong_type":      {"region: [a]", "region"},
		"language":        {"language: de", "neither fr nor en"},
		"address":         {"agent: {listen: nowhere}", "agent.listen"},
		"plain_url":       {"web: {url: \"http://x.test\"}", "web.url"},
		"half_tls":        {"web: {tls_cert_file: a.pem}", "go together"},
		"absent_tls":      {"web: {tls_cert_file: /none/a.pem, tls_key_file: /none/a.key}", "tls_cert_file"},
		"silence":         {"silent_after: 0s", "silent_after"},
		"broken_yaml":     {"web: {", "read settings file"},
		"no_data":         {"data: \"\"", "data"},
		"silence_garbage": {"silent_after: soon", "silent_after"},
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
