// SPDX-License-Identifier: Apache-2.0

// Package table writes a run for a terminal of 80 columns: the word and the
// shape carry the meaning, colour only repeats it.
package table

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"carescan/reports"
	"carescan/scanner"
)

// Style says how the terminal is to be used; zero is plain text.
type Style struct{ Colour bool }

// Write writes the run as plain text.
func Write(w io.Writer, d reports.Document, l scanner.Lang) error { return Style{}.Write(w, d, l) }

// Write writes the run in this style.
func (s Style) Write(w io.Writer, d reports.Document, l scanner.Lang) error {
	p := &page{out: bufio.NewWriter(w), style: s, lang: l}
	p.head(d)
	p.summary(d)
	for _, g := range d.Groups() {
		p.group(g)
	}
	p.lacks(d.Lacks())
	for _, f := range d.ByFramework() {
		p.framework(f)
	}
	p.gaps(d)
	p.losses(d)
	p.seal(d)
	if err := p.out.Flush(); err != nil {
		return fmt.Errorf("write table: %w", err)
	}
	return nil
}

// page is the text being written, in one language.
type page struct {
	out   *bufio.Writer
	style Style
	lang  scanner.Lang
}

func (p *page) head(d reports.Document) {
	r := d.Run
	p.line("%s", r.Establishment.Called())
	fields := [][2]string{
		{p.t("Passage", "Run"), fmt.Sprintf("%s — %s", reports.Moment(r.Started, p.lang), r.Status.Label().In(p.lang))},
		{p.t("Profil", "Profile"), r.Profile.Title.In(p.lang)},
		{p.t("Point de vue", "Vantage"), reports.VantageLabel(r.Vantage).In(p.lang)},
		{p.t("Périmètre", "Scope"), strings.Join(r.Scope.Names, ", ")},
		{p.t("Autorisation", "Authorised"), p.authorisation(r.Scope.Authorisation)},
	}
	if providers := r.Scope.Providers.List(); len(providers) > 0 {
		fields = append(fields, [2]string{p.t("Prestataires", "Providers"), strings.Join(providers, ", ") + " " + p.t("(en simple client)", "(as an ordinary client)")})
	}
	for _, c := range r.Caveats {
		fields = append(fields, [2]string{p.t("Réserve", "Caveat"), c.Sentence().In(p.lang)})
	}
	for _, l := range r.Lists {
		fields = append(fields, [2]string{p.t("Liste", "List"), l.Sentence(r.Started).In(p.lang)})
	}
	p.fields(fields)
}

func (p *page) authorisation(a scanner.Authorisation) string {
	_, last := a.Days()
	return fmt.Sprintf(p.t("%s, jusqu’au %s", "%s, until %s"), a.By, reports.Date(last, p.lang))
}

func (p *page) summary(d reports.Document) {
	p.heading(p.t("Résumé", "Summary"))
	count := d.Run.CountTold()
	for _, o := range scanner.Outcomes() {
		p.line("  %s %3d  %s", p.paint(outcomeMark(o)), count[o], o.Counted(count[o]).In(p.lang))
	}
	if lacks := d.Lacks(); len(lacks) > 0 {
		p.line("")
		p.text(2, scanner.CountLacks(lacks).In(p.lang))
	}
}

func (p *page) group(g reports.Group) {
	p.heading(fmt.Sprintf(p.t("Constats : %s (%d)", "Findings: %s (%d)"), g.Outcome.Counted(len(g.Findings)).In(p.lang), len(g.Findings)))
	if g.Outcome == scanner.Pass || g.Outcome == scanner.NotApplicable {
		p.counted(g.Findings)
		return
	}
	for i, f := range g.Findings {
		if i > 0 {
			p.line("")
		}
		p.finding(f)
	}
}

// lacks gives one line to each source that nobody declared.
func (p *page) lacks(lacks []scanner.Lack) {
	if len(lacks) == 0 {
		return
	}
	p.heading(fmt.Sprintf(p.t("Ce qui n’est pas déclaré (%d)", "What is not declared (%d)"), len(lacks)))
	for _, lack := range lacks {
		p.marked(scanner.Inconclusive, lack.Sentence().In(p.lang))
	}
}

// marked writes a paragraph that begins with the shape of an outcome.
func (p *page) marked(o scanner.Outcome, words string) {
	for i, line := range fold(printable(words), width-4) {
		if i == 0 {
			p.line("  %s %s", p.paint(outcomeMark(o)), line)
			continue
		}
		p.line("    %s", line)
	}
}

// counted gives one line to each check that asks nothing of the reader; the
// other formats hold every target.
func (p *page) counted(findings []reports.Finding) {
	count, weakest := map[string]int{}, map[string]scanner.Strength{}
	for _, f := range findings {
		count[f.Check]++
		weakest[f.Check] = scanner.Weakest(weakest[f.Check], f.Strength)
	}
	for _, f := range findings {
		n := count[f.Check]
		delete(count, f.Check)
		switch {
		case n == 1:
			p.line("  %s %s — %s%s", p.paint(outcomeMark(f.Outcome)), f.Check, f.Target.ID, p.standing(f.Strength))
		case n > 1:
			p.line("  %s %s — %s", p.paint(outcomeMark(f.Outcome)), f.Check, fmt.Sprintf(p.t("%d cibles", "%d targets"), n)+p.standing(weakest[f.Check]))
		}
	}
}

func (p *page) finding(f reports.Finding) {
	name := f.Check
	if f.Outcome == scanner.Fail {
		name = f.Severity.Label().In(p.lang) + " · " + name
	}
	p.line("  %s %s%s", p.paint(outcomeMark(f.Outcome)), name, p.standing(f.Strength))
	if f.Outcome == scanner.Fail {
		p.text(4, f.Heading().In(p.lang))
	}
	p.text(4, f.Target.Called().In(p.lang))
	p.text(4, f.Message.In(p.lang))
	if fix := f.Fix.In(p.lang); fix != "" && f.Asks() {
		p.text(4, "→ "+fix)
	}
	for _, who := range f.People {
		p.text(4, p.t("Compte : ", "Account: ")+who.Name+" ("+who.Pseudonym+")")
	}
}

// standing is what a conclusion stands on, after it.
func (p *page) standing(s scanner.Strength) string {
	if s == "" {
		return ""
	}
	return " (" + s.Label().In(p.lang) + ")"
}

func (p *page) framework(f reports.Framework) {
	p.heading(f.Title.In(p.lang))
	for _, c := range f.Controls {
		p.line("  %s %-16s %s%s", p.paint(stateMark(c.State)), c.State.Label().In(p.lang), c.ID, p.standing(c.Strength))
		p.text(21, c.Title.In(p.lang))
	}
}

func (p *page) gaps(d reports.Document) {
	gaps := d.Gaps()
	if len(gaps) == 0 {
		return
	}
	p.heading(p.t("Ce qui n’a pas pu être observé", "What could not be observed"))
	for _, g := range gaps {
		p.text(2, fmt.Sprintf("%s %s%s%s — %s", g.Check, g.Target.ID, p.t("\u00a0: ", ": "), reports.StatusLabel(g.Status).In(p.lang), g.Why().Text().In(p.lang)))
	}
}

func (p *page) losses(d reports.Document) {
	losses := d.Losses()
	if len(losses) == 0 {
		return
	}
	p.heading(p.t("Pièces vues et jugées, mais non gardées faute de place", "Artifacts seen and judged, but not kept for want of room"))
	for _, l := range losses {
		var names []string
		for _, ref := range l.Pieces {
			names = append(names, fmt.Sprintf("%s (%d %s)", reports.ArtifactLabel(ref.Name).In(p.lang), ref.Size, p.t("octets", "bytes")))
		}
		p.text(2, l.Target.Kind.Label().In(p.lang)+" "+l.Target.ID+p.t("\u00a0: ", ": ")+strings.Join(names, ", "))
	}
}

func (p *page) seal(d reports.Document) {
	p.heading(p.t("Preuve", "Evidence"))
	if d.Bundle == nil {
		p.text(2, p.t("Ce passage n’est pas scellé : rien ne prouve ce rapport.", "This run is not sealed: nothing proves this report."))
		return
	}
	p.fields([][2]string{
		{p.t("Dossier scellé", "Bundle"), d.Bundle.ID},
		{p.t("Empreinte", "Digest"), d.Bundle.Digest},
		{p.t("Clé", "Key"), d.Bundle.KeyID},
	})
}
