// SPDX-License-Identifier: Apache-2.0

package web

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/klauspost/compress/gzhttp"

	"carescan/cmd/aggregator/internal/access"
	"carescan/cmd/aggregator/internal/store"
	"carescan/reports"
	"carescan/scanner"
)

// pages are the templates, by language and name.
type pages map[scanner.Lang]map[string]*template.Template

// loadPages parses every page in every language, so that a sentence is chosen
// once and not at each request.
func loadPages(a assets) (pages, error) {
	all := pages{}
	for _, l := range scanner.Langs() {
		words, err := loadLocale(l)
		if err != nil {
			return nil, err
		}
		if all[l], err = parsePages(words, l, a); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func parsePages(words locale, l scanner.Lang, a assets) (map[string]*template.Template, error) {
	names, err := fs.Glob(files, "pages/*/*.html")
	if err != nil {
		return nil, fmt.Errorf("list pages: %w", err)
	}
	layout, err := template.New("layout").Option("missingkey=error").Funcs(functions(words, l, a)).ParseFS(files, "layout/*.html")
	if err != nil {
		return nil, fmt.Errorf("parse layout: %w", err)
	}
	parsed := map[string]*template.Template{}
	for _, name := range names {
		page, err := layout.Clone()
		if err == nil {
			page, err = page.ParseFS(files, name)
		}
		if err != nil {
			return nil, fmt.Errorf("parse %s: %w", name, err)
		}
		parsed[path.Base(path.Dir(name))] = page
	}
	return parsed, nil
}

// functions is what a template may call.
func functions(words locale, l scanner.Lang, a assets) template.FuncMap {
	return template.FuncMap{
		"t":          words.say,
		"asset":      a.path,
		"text":       func(t scanner.Text) string { return t.In(l) },
		"label":      func(v labelled) string { return v.Label().In(l) },
		"datetime":   func(t time.Time) string { return unbroken(reports.Moment(t, l)) },
		"date":       func(t time.Time) string { return reports.Date(t, l) },
		"iso":        func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
		"pretty":     pretty,
		"prose":      prose,
		"countLacks": scanner.CountLacks,
		"concluded":  concluded,
		"size":       func(n int) int { return (n + 1023) / 1024 },

		"placesAddresses":  reports.PlacesAddresses,
		"geographyCredit":  func() string { return reports.GeographyCredit().In(l) },
		"vantageLabel":     func(v scanner.Vantage) string { return reports.VantageLabel(v).In(l) },
		"artifactName":     reports.ArtifactLabel,
		"certificateState": func(c store.Certificate) string { return certificateState(c, time.Now()).Typeset().In(l) },

		"statusLabel": func(s scanner.Status) string { return reports.StatusLabel(s).In(l) },
	}
}

var glue = strings.NewReplacer(" h ", "\u00a0h\u00a0", " (UTC)", "\u00a0(UTC)")

// unbroken keeps an hour on one line.
func unbroken(moment string) string { return glue.Replace(moment) }

// span is a stretch of a sentence; code is what stood between backquotes.
type span struct {
	Text string
	Code bool
}

// prose reads the text of a check page: lines that only wrap are joined,
// paragraphs and list items stay apart.
func prose(text string) (spans []span) {
	text = wrapped.ReplaceAllString(strings.TrimSpace(text), "$1 $2")
	for i, part := range strings.Split(text, "`") {
		if part != "" {
			spans = append(spans, span{part, i%2 == 1})
		}
	}
	return spans
}

var wrapped = regexp.MustCompile(`([^\n])\n([^\n-])`)

type labelled interface{ Label() scanner.Text }

// concluded is what somebody concludes of a finding or of a control.
func concluded(about string, v store.Verdict) labelled {
	if about == store.AboutControl {
		return scanner.ControlState(v.Outcome)
	}
	return scanner.Outcome(v.Outcome)
}

func pretty(raw json.RawMessage) string {
	text, _ := excerpt(raw, maxShownFact)
	return text
}

// frame is what every page shows around its body.
type frame struct {
	Page   string
	Lang   scanner.Lang
	Region string
	Path   string
	Other  string // the address of this page in the other language
	Name   string // of the person, empty before sign-in
	Body   any
	// Scripted pages ask the person's device for a passkey.
	Scripted bool
	rights   access.Rights
}

// May tells a template whether the reader may do something.
func (f frame) May(c access.Capability) bool { return f.rights.May(c) }

// inOther is the address of the page in the other language, with all that narrows it.
func (v *visit) inOther() string {
	query := v.URL.Query()
	if way := v.PostFormValue("next"); way != "" {
		query.Set("next", way)
	}
	query.Set("lang", string(scanner.English))
	if v.language == scanner.English {
		query.Set("lang", string(scanner.French))
	}
	return v.URL.Path + "?" + query.Encode()
}

// render writes a page, whole or not at all.
func (v *visit) render(status int, page string, body any) error {
	found, ok := v.server.pages[v.language][page]
	if !ok {
		return fmt.Errorf("no page is called %q", page)
	}
	var out bytes.Buffer
	err := found.ExecuteTemplate(&out, "layout.html", frame{
		page, v.language, v.server.settings.Region, v.URL.Path, v.inOther(), v.user.Name, body, v.scripted, v.rights,
	})
	if err != nil {
		return fmt.Errorf("render page %s: %w", page, err)
	}
	if v.scripted {
		v.w.Header().Set("Content-Security-Policy", scriptPolicy)
	}
	if slices.Contains(secretive, page) {
		v.w.Header().Set(gzhttp.HeaderNoCompression, "yes")
	}
	v.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	v.w.Header().Set("Cache-Control", "no-store")
	v.w.WriteHeader(status)
	_, _ = v.w.Write(out.Bytes()) // the reader may be gone
	return nil
}

func (v *visit) show(page string, body any) error { return v.render(http.StatusOK, page, body) }
