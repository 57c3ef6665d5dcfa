// SPDX-License-Identifier: Apache-2.0

package command

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"
)

// keysOf writes a pair of keys to two files.
func keysOf(t *testing.T) (public, private string) {
	t.Helper()
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	public, private = filepath.Join(t.TempDir(), "public"), filepath.Join(t.TempDir(), "private")
	for path, content := range map[string]string{public: identity.Recipient().String(), private: identity.String()} {
		if err := os.WriteFile(path, []byte("# of a test\n"+content+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return public, private
}

// TestBackupAndRestore saves a region that is being served, proves the file, and makes
// the region again elsewhere.
func TestBackupAndRestore(t *testing.T) {
	s := start(t, filepath.Join(t.TempDir(), "data"))
	data := "--data=" + s.folder
	say(t, "establishment", "add", data, "--finess=690000013", "--name=CHU canari")
	public, private := keysOf(t)
	file := filepath.Join(t.TempDir(), "region.age")
	say(t, "backup", file, public, data)
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the backup is %v, %v", info, err)
	}
	if raw, err := os.ReadFile(file); err != nil || bytes.Contains(raw, []byte("canari")) {
		t.Errorf("the backup can be read without a key: %v", err)
	}
	if said := say(t, "restore", file, private, "--check", "--lang=fr", "--data", filepath.Join(t.TempDir(), "unused")); !strings.Contains(said, "Sauvegarde prouvée") {
		t.Errorf("said %q", said)
	}
	again := filepath.Join(t.TempDir(), "again")
	say(t, "restore", file, private, "--data", again)
	if said := say(t, "establishment", "list", "--data="+again); !strings.Contains(said, "CHU canari") {
		t.Errorf("the region made again holds %q", said)
	}
	say(t, "doctor", "--data="+again)
}

// TestBackupRefusals says what to do, and leaves what is there.
func TestBackupRefusals(t *testing.T) {
	folder := t.TempDir()
	begin(t, folder)
	public, private := keysOf(t)
	_, other := keysOf(t)
	file := filepath.Join(t.TempDir(), "region.age")
	say(t, "backup", file, public, "--data="+folder)
	shared := filepath.Join(t.TempDir(), "shared")
	if err := os.WriteFile(shared, []byte("AGE-SECRET-KEY-1CANARY"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(shared, 0o644); err != nil {
		t.Fatal(err)
	}
	garbage := filepath.Join(t.TempDir(), "garbage")
	if err := os.WriteFile(garbage, []byte("AGE-SECRET-KEY-1CANARY"), 0o600); err != nil {
		t.Fatal(err)
	}
	empty := "--data=" + filepath.Join(t.TempDir(), "empty")
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"a file that is there":    {[]string{"backup", file, public, "--data=" + folder}, "existe déjà"},
		"no public keys":          {[]string{"backup", file + "2", private, "--data=" + folder}, "ne sont pas lisibles"},
		"another private key":     {[]string{"restore", file, other, empty}, "d'autres clés"},
		"a key that others read":  {[]string{"restore", file, shared, empty}, "chmod 0600"},
		"a key that is none":      {[]string{"restore", file, garbage, empty}, "n'est pas lisible"},
		"something else":          {[]string{"restore", public, private, empty}, "abîmée"},
		"a folder with a region":  {[]string{"restore", file, private, "--data=" + folder}, "n'est pas vide"},
		"a missing file":          {[]string{"restore", file + "3", private, empty}, "n'a pas pu être lue"},
		"a folder that is no one": {[]string{"backup", filepath.Join(file, "x"), public, "--data=" + folder}, "n'a pas pu être écrite"},
	} {
		var said bytes.Buffer
		code := run(t.Context(), append(c.args, "--lang=fr"), &said, &said)
		if code != 2 || !strings.Contains(said.String(), c.want) || strings.Contains(said.String(), "CANARY") {
			t.Errorf("%s: exit %d: %s", name, code, said.String())
		}
	}
}
