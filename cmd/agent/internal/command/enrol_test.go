// SPDX-License-Identifier: Apache-2.0

package command

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"carescan/cmd/internal/cli"
	"carescan/cmd/internal/wire"
	"carescan/scanner"
)

// TestTokenFileSavedByWindows reads a token as Notepad saves it and as > of
// PowerShell does, in a file as on standard input.
func TestTokenFileSavedByWindows(t *testing.T) {
	want := wire.Token{URL: "https://aggregator.test:8443", CAPin: "sha256:00", Secret: "secret"}
	word := want.Encode() + "\r\n"
	for name, saved := range map[string]string{
		"windows-lines":       word,
		"mark":                "\ufeff" + word,
		"utf-16-le":           "\xff\xfe" + strings.Join(strings.Split(word, ""), "\x00") + "\x00",
		"utf-16-be":           "\xfe\xff\x00" + strings.Join(strings.Split(word, ""), "\x00"),
		"utf-16-with-no-mark": strings.Join(strings.Split(word, ""), "\x00") + "\x00",
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "token.txt")
			if err := os.WriteFile(file, []byte(saved), 0o600); err != nil {
				t.Fatal(err)
			}
			a := &app{in: strings.NewReader(saved), lang: cli.Language{Lang: scanner.English}}
			if got, err := a.token("", file); err != nil || got != want {
				t.Errorf("token of the file = %+v, %v", got, err)
			}
			if got, err := a.token("-", ""); err != nil || got != want {
				t.Errorf("token of standard input = %+v, %v", got, err)
			}
		})
	}
}

func TestEnrolTellsOfItsToken(t *testing.T) {
	word := wire.Token{URL: "http://aggregator.test", CAPin: "sha256:00", Secret: "secret"}.Encode()
	file := filepath.Join(t.TempDir(), "token.txt")
	if err := os.WriteFile(file, []byte(word), 0o600); err != nil {
		t.Fatal(err)
	}
	const inSight, oneWay, clear = "le jeton est écrit sur la ligne de commande", "un jeton d'enrôlement est demandé, et par un seul chemin", "l'enrôlement n'a pas abouti : « http://aggregator.test » n'est pas l'adresse https"
	for name, test := range map[string]struct {
		flags           []string
		says, saysNever string
	}{
		"in-sight":       {[]string{"--token", word}, inSight, oneWay},
		"in-sight-wrong": {[]string{"--token=nonsense"}, inSight, oneWay},
		"file":           {[]string{"--token-file", file}, clear, inSight},
		"clear-address":  {[]string{"--token-file", file, "--aggregator", "http://aggregator.test"}, clear, inSight},
		"standard-input": {[]string{"--token", "-"}, "le jeton d'enrôlement n'est pas lisible", inSight},
		"none":           {nil, oneWay, inSight},
		"both":           {[]string{"--token", "-", "--token-file", file}, oneWay, inSight},
	} {
		t.Run(name, func(t *testing.T) {
			config := writeConfiguration(t, "", nil)
			code, said := invoke(t, append([]string{"enrol", "--config", config, "--lang", "fr"}, test.flags...)...)
			if code != cli.ExitUnusable || !strings.Contains(said, test.says) || strings.Contains(said, test.saysNever) {
				t.Errorf("enrol ended with %d:\n%s", code, said)
			}
			if strings.Contains(said, word) {
				t.Errorf("the token is shown:\n%s", said)
			}
		})
	}
}

// TestProxyRefusalReachesTheReader is the case proxy-refusal as a person meets it.
func TestProxyRefusalReachesTheReader(t *testing.T) {
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) }))
	defer proxy.Close()
	config := writeConfiguration(t, "uplink: {proxy: \""+proxy.URL+"\"}", nil)
	file := filepath.Join(t.TempDir(), "token.txt")
	word := wire.Token{URL: "https://aggregator.test", CAPin: "sha256:00", Secret: "secret"}.Encode()
	if err := os.WriteFile(file, []byte(word), 0o600); err != nil {
		t.Fatal(err)
	}
	at := strings.TrimPrefix(proxy.URL, "http://")
	for lang, want := range map[string]string{
		"fr": "carescan-agent: erreur: l'enrôlement n'a pas abouti : le mandataire " + at + " refuse le passage vers l'agrégateur (403)\n",
		"en": "carescan-agent: error: the enrolment did not succeed: the proxy " + at + " refuses the way to the aggregator (403)\n",
	} {
		code, said := invoke(t, "enrol", "--config", config, "--lang", lang, "--token-file", file)
		if code != cli.ExitUnusable || !strings.HasPrefix(said, want) || strings.Contains(said, "72") {
			t.Errorf("enrol ended with %d:\n%s", code, said)
		}
	}
}
