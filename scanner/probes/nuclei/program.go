// SPDX-License-Identifier: Apache-2.0

package nuclei

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"carescan/scanner"
	"carescan/scanner/settings"
)

// ProgramName is how the program of the template engine is called.
const ProgramName = "carescan-templates"

// Work is what that program is told to follow a plan.
const Work = "work"

// Program is the program in which the template engine works, and the hash by
// which it is known. The file is read whole before each start, and what was read
// is what is executed: see executable.
type Program struct {
	Path   string   // absolute
	SHA256 string   // of its bytes, in hexadecimal; without one, nothing is started
	Args   []string // what it is told; Work by default
}

var sameVersion = settings.Say(
	"installez carescan-agent et carescan-templates de la même version",
	"install carescan-agent and carescan-templates of the same version",
)

func absent() error {
	return settings.Faults{{
		What: settings.Say("le programme carescan-templates est absent", "the program carescan-templates is absent"),
		Hint: settings.Say(
			"installez carescan-templates à côté de carescan-agent, ou dites où il est (templates.program)",
			"install carescan-templates beside carescan-agent, or say where it is (templates.program)"),
		Cause: scanner.Cause{Code: scanner.CauseNoProgram},
	}}
}

func unreadable(err error) error {
	return settings.Faults{{
		What: settings.Say("le programme carescan-templates ne peut pas être lu ou démarré", "the program carescan-templates cannot be read or started"),
		Hint: settings.Say(
			"vérifiez que le compte de carescan-agent peut lire et exécuter ce fichier",
			"check that the account of carescan-agent may read and execute that file"),
		Detail: err.Error(),
		Cause:  scanner.Cause{Code: scanner.CauseProgramShut},
	}}
}

func unknownHash() error {
	return settings.Faults{{
		What: settings.Say(
			"cet agent ne sait pas à quelle empreinte reconnaître carescan-templates",
			"this agent does not know by which hash to recognise carescan-templates"),
		Hint: settings.Say(
			"construisez les deux ensemble (make build), ou donnez l'empreinte SHA-256 du programme (templates.program_sha256)",
			"build both together (make build), or give the SHA-256 hash of the program (templates.program_sha256)"),
		Cause: scanner.Cause{Code: scanner.CauseProgramRefused},
	}}
}

func otherHash(got, want string) error {
	return settings.Faults{{
		What: settings.Say(
			"carescan-templates n'est pas le programme attendu : son empreinte est %s et non %s, il n'est pas démarré",
			"carescan-templates is not the program expected: its hash is %s and not %s, it is not started", got, want),
		Hint:  sameVersion,
		Cause: scanner.Cause{Code: scanner.CauseProgramRefused},
	}}
}

func otherProtocol() error {
	return settings.Faults{{
		What:  settings.Say("carescan-templates est d'une autre version que cet agent", "carescan-templates is of another version than this agent"),
		Hint:  sameVersion,
		Cause: scanner.Cause{Code: scanner.CauseProgramRefused},
	}}
}

// Verify tells whether the program is there and is the one expected. The error
// is settings.Faults.
func (p Program) Verify() error {
	file, err := p.open()
	if err != nil {
		return err
	}
	defer file.Close()
	return p.read(io.Discard, file)
}

func (p Program) open() (*os.File, error) {
	if p.SHA256 == "" {
		return nil, unknownHash()
	}
	info, err := os.Stat(p.Path)
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New(p.Path + " is no file")
	}
	var file *os.File
	if err == nil {
		file, err = os.Open(p.Path)
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, absent()
	case err != nil:
		return nil, unreadable(err)
	}
	return file, nil
}

// read copies the bytes of the program and refuses those not expected.
func (p Program) read(to io.Writer, file io.Reader) error {
	sum := sha256.New()
	if _, err := io.Copy(io.MultiWriter(sum, to), file); err != nil {
		return unreadable(err)
	}
	if got := hex.EncodeToString(sum.Sum(nil)); !strings.EqualFold(got, p.SHA256) {
		return otherHash(got, p.SHA256)
	}
	return nil
}

// copied verifies the program while copying it into a folder that only this
// account may enter, and returns the copy: nobody else can change it.
func (p Program) copied(file *os.File, folder string) (path string, err error) {
	path = filepath.Join(folder, ProgramName+filepath.Ext(p.Path))
	out, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o700) //nolint:gosec // a program, which is executed
	if err != nil {
		return "", unreadable(err)
	}
	err = p.read(out, file)
	if errClose := out.Close(); err == nil && errClose != nil {
		err = unreadable(errClose)
	}
	return path, err
}
