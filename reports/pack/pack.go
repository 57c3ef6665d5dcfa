// SPDX-License-Identifier: Apache-2.0

// Package pack is the evidence pack: one archive with the dossier, the sealed
// bundles it is drawn from and a signed manifest, that a stranger can verify
// offline, with our tool or without it.
package pack

import (
	"archive/zip"
	"cmp"
	"crypto"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"carescan/reports/bundle"
	"carescan/reports/bundle/envelope"
	"carescan/scanner"
)

// PayloadType names what the envelope of a manifest holds.
const PayloadType = "application/vnd.carescan.pack.v1+json"

// Schema names the form of a manifest.
const Schema = "carescan.pack/1"

// The files of every pack, beside the bundles.
const (
	ManifestName = "manifest.json"
	ReadMeName   = "LISEZMOI.txt"
)

// DossierName is the file of the dossier in a language.
func DossierName(l scanner.Lang) string { return "dossier-" + string(l) + ".html" }

// Pack is what goes into an archive.
type Pack struct {
	Dossiers map[scanner.Lang][]byte // French at least
	Bundles  [][]byte                // as sealed, of one establishment
	SealedAt time.Time
}

// manifest lists the files of a pack. It is signed, so the digests are.
type manifest struct {
	Schema   string         `json:"schema"`
	FINESS   scanner.FINESS `json:"finess"`
	SealedAt time.Time      `json:"sealed_at"`
	Files    []File         `json:"files"`
}

// File is one file of a pack.
type File struct {
	Name   string `json:"name"`
	Digest string `json:"digest"`
	Size   int    `json:"size"`
}

// content is a file with its bytes.
type content struct {
	name string
	data []byte
}

// Write writes a pack, its manifest signed by whoever answers for the choice of
// what is in it. Bundles that do not verify never enter a pack.
func Write(w io.Writer, p Pack, signer crypto.Signer) error {
	files, err := p.contents(signer)
	if err != nil {
		return err
	}
	archive := zip.NewWriter(w)
	for _, f := range files {
		if err := add(archive, f, p.SealedAt); err != nil {
			return fmt.Errorf("write %s into the pack: %w", f.name, err)
		}
	}
	if err := archive.Close(); err != nil {
		return fmt.Errorf("write pack: %w", err)
	}
	return nil
}

// add stores without compressing: bundles are compressed already, and what is
// stored can be read by eye.
func add(archive *zip.Writer, f content, at time.Time) error {
	out, err := archive.CreateHeader(&zip.FileHeader{Name: f.name, Method: zip.Store, Modified: at.UTC()})
	if err != nil {
		return err
	}
	_, err = out.Write(f.data)
	return err
}

func (p Pack) contents(signer crypto.Signer) ([]content, error) {
	bundles, err := p.openBundles()
	if err != nil {
		return nil, err
	}
	keyID, err := envelope.KeyID(signer.Public())
	if err != nil {
		return nil, err
	}
	finess := bundles[0].opened.Header.FINESS
	files := append([]content{{ReadMeName, readMe(finess, keyID, signer.Public(), bundles)}}, p.dossiers()...)
	for _, b := range bundles {
		files = append(files, b.content)
	}
	signed, err := p.manifest(finess, files, signer)
	if err != nil {
		return nil, err
	}
	files = append(files, content{ManifestName, signed})
	// What we write we can verify.
	_, err = verifyFiles(files, Options{Key: signer.Public()})
	return files, errors.Join(err, checkSet(files))
}

func (p Pack) dossiers() []content {
	var files []content
	for _, l := range scanner.Langs() {
		if data, ok := p.Dossiers[l]; ok {
			files = append(files, content{DossierName(l), data})
		}
	}
	return files
}

// sealedFile is a bundle with its name in the pack.
type sealedFile struct {
	content
	opened *bundle.Opened
}

func (p Pack) openBundles() ([]sealedFile, error) {
	if len(p.Bundles) == 0 {
		return nil, errors.New("an evidence pack needs a sealed bundle")
	}
	var list []sealedFile
	for _, raw := range p.Bundles {
		opened, err := bundle.Open(raw, bundle.Options{})
		if err != nil {
			return nil, fmt.Errorf("open a bundle of the pack: %w", err)
		}
		list = append(list, sealedFile{content{opened.Header.ID + bundle.Extension, raw}, opened})
	}
	slices.SortFunc(list, func(a, b sealedFile) int { return cmp.Compare(a.name, b.name) })
	return list, nil
}

func (p Pack) manifest(finess scanner.FINESS, files []content, signer crypto.Signer) ([]byte, error) {
	m := manifest{Schema: Schema, FINESS: finess, SealedAt: p.SealedAt.UTC()}
	for _, f := range files {
		m.Files = append(m.Files, File{f.name, scanner.Digest(f.data), len(f.data)})
	}
	payload, err := json.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("encode manifest: %w", err)
	}
	return envelope.Seal(PayloadType, payload, signer)
}
