// SPDX-License-Identifier: Apache-2.0

package nuclei

import (
	"bufio"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strings"
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
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("open list of template hashes: %w", err)
	}
	defer f.Close()
	return ParsePins(io.LimitReader(f, maxPins))
}

// ParsePins reads what sha256sum writes: a hash, two spaces (or a space and a
// star), a file of the folder.
func ParsePins(r io.Reader) (map[string]string, error) {
	all := pins{}
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		if strings.TrimSpace(lines.Text()) == "" {
			continue
		}
		sum, name, ok := strings.Cut(lines.Text(), " ")
		raw, err := hex.DecodeString(sum)
		if name = strings.TrimLeft(name, " *"); !ok || err != nil || len(raw) != 32 || name == "" {
			return nil, fmt.Errorf("read list of template hashes: line %.80q is not a hash and a file", lines.Text())
		}
		all[path.Clean(name)] = "sha256:" + strings.ToLower(sum)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read list of template hashes: %w", err)
	}
	if len(all) == 0 {
		return nil, errors.New("read list of template hashes: it is empty")
	}
	return all, nil
}

func (p pins) hold(name, digest string) bool { return p == nil || p[name] == digest }
