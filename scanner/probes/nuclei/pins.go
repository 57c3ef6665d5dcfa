// SPDX-License-Identifier: Apache-2.0

package nuclei

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"carescan/scanner/probes/internal/localfile"
	"carescan/scanner/settings"
)

// maxPins is the most bytes of a list of hashes.
const maxPins = 8 << 20

// pins are the hashes the operator's templates must have, by file; nil accepts
// any. With them, a file that was changed or added after the list was made does
// not run.
type pins map[string]string

// readPins reads the list; an empty name gives none.
func readPins(file string) (pins, error) {
	if file == "" {
		return nil, nil //nolint:nilnil // no list is a valid list
	}
	saved, _, err := localfile.Read(file, maxPins)
	var list pins
	if err == nil {
		list, err = ParsePins(bytes.NewReader(settings.Saved(saved)))
	}
	if faults, ok := errors.AsType[settings.Faults](err); ok {
		return nil, faults.Below("pins")
	}
	return list, err
}

// ParsePins reads what sha256sum writes: a hash, two spaces (or a space and a
// star), a file of the folder.
func ParsePins(r io.Reader) (map[string]string, error) {
	all := pins{}
	lines := bufio.NewScanner(r)
	for number := 1; lines.Scan(); number++ {
		if strings.TrimSpace(lines.Text()) == "" {
			continue
		}
		sum, name, ok := strings.Cut(lines.Text(), " ")
		raw, err := hex.DecodeString(sum)
		if name = strings.TrimLeft(name, " *"); !ok || err != nil || len(raw) != 32 || name == "" {
			return nil, settings.InFile(number,
				fmt.Sprintf("« %.80s » n'est pas une empreinte suivie d'un fichier, comme les écrit sha256sum", lines.Text()),
				fmt.Sprintf("%.80q is not a hash and a file, as sha256sum writes them", lines.Text()))
		}
		all[path.Clean(name)] = "sha256:" + strings.ToLower(sum)
	}
	if err := lines.Err(); err != nil {
		return nil, settings.InFile(0, "la liste d'empreintes n'est pas lisible", "the list of hashes cannot be read").With(err)
	}
	if len(all) == 0 {
		return nil, settings.InFile(0, "la liste d'empreintes est vide", "the list of hashes is empty")
	}
	return all, nil
}

func (p pins) hold(name, digest string) bool { return p == nil || p[name] == digest }
