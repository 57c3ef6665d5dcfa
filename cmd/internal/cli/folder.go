// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"carescan/scanner"
	"carescan/scanner/settings"
)

// claimFile is the lock of a folder, and says who holds it.
const claimFile = "in-use"

// errHeld is what a lock says that another program holds.
var errHeld = errors.New("another program holds the lock")

// Claim takes a folder for one program until release, or until it dies: the system
// drops the lock with the process. Two that work in one folder would each believe
// that what is there is theirs.
func Claim(folder string) (release func(), err error) {
	path := filepath.Join(folder, claimFile)
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("claim folder %s: %w", folder, err)
	}
	switch err := tryLock(file); {
	case errors.Is(err, errHeld):
		return nil, errors.Join(inUse(folder, path), file.Close())
	case err != nil:
		return nil, errors.Join(fmt.Errorf("claim folder %s: %w", folder, err), file.Close())
	}
	// Who holds it is told to help a person; the lock alone counts.
	_ = file.Truncate(0)
	_, _ = file.WriteString(strconv.Itoa(os.Getpid()))
	return func() { _ = file.Close() }, nil // closing is what unlocks
}

func inUse(folder, path string) *Problem {
	raw, _ := os.ReadFile(path) // a reader may be refused where locks are mandatory
	number := strings.TrimSpace(string(raw))
	if _, err := strconv.Atoi(number); err != nil {
		number = "?"
	}
	return &Problem{
		Sentence: settings.Say(
			"un autre programme travaille déjà dans le dossier %s (processus %s) : deux à la fois s'y contrediraient",
			"another program already works in folder %s (process %s): two at once would contradict each other", folder, number),
		Hint: scanner.Text{
			FR: "arrêtez l'autre d'abord, ou donnez à celui-ci un dossier à lui",
			EN: "stop the other first, or give this one a folder of its own",
		},
	}
}

// The rights that nobody but the owner may have.
const (
	// SharedWrite is for a folder: whoever writes there replaces the keys in it.
	SharedWrite fs.FileMode = 0o022
	// SharedAny is for a secret.
	SharedAny fs.FileMode = 0o077
)

// CheckRights refuses a file or a folder to which others have a right they may not
// have, with the command that mends it. What is not there is not refused. On
// Windows a mode says nothing of rights, which follow those of the folder above.
func CheckRights(path string, others fs.FileMode) error {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) || runtime.GOOS == "windows" {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read rights of %s: %w", path, err)
	}
	mode := info.Mode().Perm()
	if mode&others == 0 {
		return nil
	}
	safe := mode &^ SharedAny
	return &Problem{
		Sentence: settings.Say(
			"les droits de %s sont trop larges (%s) : d'autres comptes de cette machine pourraient y prendre ou y changer ce qui fait foi",
			"the rights of %s are too wide (%s): other accounts of this machine could take or change what is trusted there", path, fmt.Sprintf("%04o", mode)),
		Hint: settings.Say(
			"chmod %s %s ; si un autre compte a pu lire une clé, tenez-la pour connue et remplacez-la",
			"chmod %s %s; if another account may have read a key, hold it for known and replace it", fmt.Sprintf("%04o", safe), path),
	}
}
