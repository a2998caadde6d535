-- Facts held by triggers, SQLite. The same facts for PostgreSQL: facts_postgresql.sql.

-- A post has one holder a day, and one acting holder.
DROP TRIGGER IF EXISTS postholding_overlap_insert;
CREATE TRIGGER postholding_overlap_insert BEFORE INSERT ON commitments_postholding
WHEN EXISTS (
    SELECT 1 FROM commitments_postholding h
    WHERE h.post_id = NEW.post_id AND h.acting = NEW.acting
      AND h.from_on <= COALESCE(NEW.until_on, '9999-12-31') AND COALESCE(h.until_on, '9999-12-31') >= NEW.from_on)
BEGIN SELECT RAISE(ABORT, 'Somebody else holds this post in that time.'); END;
DROP TRIGGER IF EXISTS postholding_overlap_update;
CREATE TRIGGER postholding_overlap_update BEFORE UPDATE ON commitments_postholding
WHEN EXISTS (
    SELECT 1 FROM commitments_postholding h
    WHERE h.id <> NEW.id AND h.post_id = NEW.post_id AND h.acting = NEW.acting
      AND h.from_on <= COALESCE(NEW.until_on, '9999-12-31') AND COALESCE(h.until_on, '9999-12-31') >= NEW.from_on)
BEGIN SELECT RAISE(ABORT, 'Somebody else holds this post in that time.'); END;

-- Approved words stay as they are. A demonstration may be removed as a whole.
DROP TRIGGER IF EXISTS documenttext_frozen;
CREATE TRIGGER documenttext_frozen BEFORE UPDATE ON commitments_documenttext
WHEN OLD.approved_at IS NOT NULL
 AND (NEW.body IS NOT OLD.body OR NEW.sha256 IS NOT OLD.sha256 OR NEW.language IS NOT OLD.language
      OR NEW.authority IS NOT OLD.authority OR NEW.document_id IS NOT OLD.document_id
      OR NEW.approved_at IS NOT OLD.approved_at)
BEGIN SELECT RAISE(ABORT, 'An approved text cannot be changed; enter a correction.'); END;
DROP TRIGGER IF EXISTS documenttext_kept;
CREATE TRIGGER documenttext_kept BEFORE DELETE ON commitments_documenttext
WHEN OLD.approved_at IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM commitments_document d JOIN commitments_forum f ON f.id = d.forum_id
    WHERE d.id = OLD.document_id AND f.demonstration)
BEGIN SELECT RAISE(ABORT, 'An approved text cannot be deleted.'); END;
DROP TRIGGER IF EXISTS documenttext_fingerprint;
CREATE TRIGGER documenttext_fingerprint BEFORE UPDATE ON commitments_documenttext
WHEN NEW.body IS NOT OLD.body AND NEW.sha256 IS OLD.sha256
BEGIN SELECT RAISE(ABORT, 'The text changed and its fingerprint did not.'); END;
DROP TRIGGER IF EXISTS documenttext_spans;
CREATE TRIGGER documenttext_spans BEFORE UPDATE ON commitments_documenttext
WHEN NEW.body IS NOT OLD.body AND EXISTS (
    SELECT 1 FROM commitments_provision p
    WHERE p.text_id = NEW.id AND p.quote <> substr(NEW.body, p.start + 1, p."end" - p.start))
BEGIN SELECT RAISE(ABORT, 'Declared words that stand in the register would no longer stand in the text.'); END;

-- Declared words are exactly what stands in the text at their place.
DROP TRIGGER IF EXISTS provision_is_a_span_insert;
CREATE TRIGGER provision_is_a_span_insert BEFORE INSERT ON commitments_provision
WHEN NOT EXISTS (
    SELECT 1 FROM commitments_documenttext t
    WHERE t.id = NEW.text_id AND NEW."end" <= length(t.body)
      AND NEW.quote = substr(t.body, NEW.start + 1, NEW."end" - NEW.start))
BEGIN SELECT RAISE(ABORT, 'The declared words do not stand in the text at that place.'); END;
DROP TRIGGER IF EXISTS provision_is_a_span_update;
CREATE TRIGGER provision_is_a_span_update BEFORE UPDATE ON commitments_provision
WHEN NOT EXISTS (
    SELECT 1 FROM commitments_documenttext t
    WHERE t.id = NEW.text_id AND NEW."end" <= length(t.body)
      AND NEW.quote = substr(t.body, NEW.start + 1, NEW."end" - NEW.start))
BEGIN SELECT RAISE(ABORT, 'The declared words do not stand in the text at that place.'); END;

-- The party of an assignment is that of the post's organisation.
DROP TRIGGER IF EXISTS assignment_party_insert;
CREATE TRIGGER assignment_party_insert BEFORE INSERT ON commitments_assignment
WHEN NEW.party_id <> (SELECT o.party_id FROM commitments_post p
    JOIN commitments_organisation o ON o.id = p.organisation_id WHERE p.id = NEW.post_id)
BEGIN SELECT RAISE(ABORT, 'The party of the assignment is not that of the post.'); END;
DROP TRIGGER IF EXISTS assignment_party_update;
CREATE TRIGGER assignment_party_update BEFORE UPDATE ON commitments_assignment
WHEN NEW.party_id <> (SELECT o.party_id FROM commitments_post p
    JOIN commitments_organisation o ON o.id = p.organisation_id WHERE p.id = NEW.post_id)
BEGIN SELECT RAISE(ABORT, 'The party of the assignment is not that of the post.'); END;

DROP TRIGGER IF EXISTS post_party;
CREATE TRIGGER post_party BEFORE UPDATE ON commitments_post
WHEN NEW.organisation_id <> OLD.organisation_id
 AND EXISTS (SELECT 1 FROM commitments_assignment a JOIN commitments_organisation o ON o.id = NEW.organisation_id
    WHERE a.post_id = NEW.id AND a.party_id <> o.party_id)
BEGIN SELECT RAISE(ABORT, 'The post is responsible for commitments of its party; it cannot go to another.'); END;
DROP TRIGGER IF EXISTS organisation_party;
CREATE TRIGGER organisation_party BEFORE UPDATE ON commitments_organisation
WHEN NEW.party_id <> OLD.party_id
 AND EXISTS (SELECT 1 FROM commitments_assignment a JOIN commitments_post p ON p.id = a.post_id
    WHERE p.organisation_id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'Its posts are responsible for commitments of the party; it cannot go to another.'); END;

-- On no day has a party two leads, or a post the lead and the validation of one commitment.
DROP TRIGGER IF EXISTS assignment_lead_insert;
CREATE TRIGGER assignment_lead_insert BEFORE INSERT ON commitments_assignment
WHEN EXISTS (
    SELECT 1 FROM commitments_assignment a
    WHERE a.commitment_id = NEW.commitment_id
      AND a.from_on <= COALESCE(NEW.until_on, '9999-12-31') AND COALESCE(a.until_on, '9999-12-31') >= NEW.from_on
      AND (a.role = 'lead' AND NEW.role = 'lead' AND a.party_id = NEW.party_id
        OR a.post_id = NEW.post_id AND (a.role, NEW.role) IN (VALUES ('lead', 'validator'), ('validator', 'lead'))))
BEGIN SELECT RAISE(ABORT, 'The party has another lead in that time, or the post validates what it leads.'); END;
DROP TRIGGER IF EXISTS assignment_lead_update;
CREATE TRIGGER assignment_lead_update BEFORE UPDATE ON commitments_assignment
WHEN EXISTS (
    SELECT 1 FROM commitments_assignment a
    WHERE a.id <> NEW.id AND a.commitment_id = NEW.commitment_id
      AND a.from_on <= COALESCE(NEW.until_on, '9999-12-31') AND COALESCE(a.until_on, '9999-12-31') >= NEW.from_on
      AND (a.role = 'lead' AND NEW.role = 'lead' AND a.party_id = NEW.party_id
        OR a.post_id = NEW.post_id AND (a.role, NEW.role) IN (VALUES ('lead', 'validator'), ('validator', 'lead'))))
BEGIN SELECT RAISE(ABORT, 'The party has another lead in that time, or the post validates what it leads.'); END;

-- A commitment of high priority closes with evidence and a second person, or because another replaced it.
DROP TRIGGER IF EXISTS commitment_closes_by_two;
CREATE TRIGGER commitment_closes_by_two BEFORE UPDATE ON commitments_commitment
WHEN NEW.workflow = 'closed' AND OLD.workflow <> 'closed' AND (NEW.high_priority OR OLD.high_priority)
 AND NOT (NEW.implementation = 'superseded' AND EXISTS (
    SELECT 1 FROM commitments_commitmentrelation r WHERE r.other_id = NEW.id AND r.kind = 'supersedes'))
 AND NOT (
    EXISTS (SELECT 1 FROM commitments_closing c WHERE c.commitment_id = NEW.id AND c.state = 'confirmed')
    AND EXISTS (SELECT 1 FROM commitments_evidence e JOIN commitments_progressreport p ON p.id = e.report_id
        WHERE p.commitment_id = NEW.id AND p.state = 'cleared'))
BEGIN SELECT RAISE(ABORT, 'It has high priority: one person proposes the closing, with evidence, and another confirms it.'); END;

-- Follow-ups are never deleted, except with a demonstration.
DROP TRIGGER IF EXISTS followup_kept;
CREATE TRIGGER followup_kept BEFORE DELETE ON commitments_followup
WHEN NOT EXISTS (
    SELECT 1 FROM commitments_forum f WHERE f.demonstration AND f.id IN (
        (SELECT c.forum_id FROM commitments_commitment c WHERE c.id = OLD.commitment_id),
        (SELECT m.forum_id FROM commitments_meeting m WHERE m.id = OLD.meeting_id)))
BEGIN SELECT RAISE(ABORT, 'A follow-up is never deleted; close it.'); END;

-- Nothing becomes a demonstration afterwards: that would make it removable.
DROP TRIGGER IF EXISTS forum_demonstration;
CREATE TRIGGER forum_demonstration BEFORE UPDATE ON commitments_forum
WHEN NEW.demonstration AND NOT OLD.demonstration
BEGIN SELECT RAISE(ABORT, 'A forum cannot become a demonstration.'); END;
DROP TRIGGER IF EXISTS commitment_demonstration;
CREATE TRIGGER commitment_demonstration BEFORE UPDATE ON commitments_commitment
WHEN (SELECT demonstration FROM commitments_forum WHERE id = NEW.forum_id)
   > (SELECT demonstration FROM commitments_forum WHERE id = OLD.forum_id)
BEGIN SELECT RAISE(ABORT, 'A commitment cannot become part of a demonstration.'); END;
DROP TRIGGER IF EXISTS meeting_demonstration;
CREATE TRIGGER meeting_demonstration BEFORE UPDATE ON commitments_meeting
WHEN (SELECT demonstration FROM commitments_forum WHERE id = NEW.forum_id)
   > (SELECT demonstration FROM commitments_forum WHERE id = OLD.forum_id)
BEGIN SELECT RAISE(ABORT, 'A meeting cannot become part of a demonstration.'); END;
DROP TRIGGER IF EXISTS document_demonstration;
CREATE TRIGGER document_demonstration BEFORE UPDATE ON commitments_document
WHEN (SELECT demonstration FROM commitments_forum WHERE id = NEW.forum_id)
   > (SELECT demonstration FROM commitments_forum WHERE id = OLD.forum_id)
BEGIN SELECT RAISE(ABORT, 'A document cannot become part of a demonstration.'); END;
DROP TRIGGER IF EXISTS followup_demonstration;
CREATE TRIGGER followup_demonstration BEFORE UPDATE ON commitments_followup
WHEN (NEW.commitment_id IS NOT OLD.commitment_id OR NEW.meeting_id IS NOT OLD.meeting_id)
 AND EXISTS (
    SELECT 1 FROM commitments_forum f WHERE f.demonstration AND f.id IN (
        (SELECT c.forum_id FROM commitments_commitment c WHERE c.id = NEW.commitment_id),
        (SELECT m.forum_id FROM commitments_meeting m WHERE m.id = NEW.meeting_id)))
BEGIN SELECT RAISE(ABORT, 'A follow-up cannot become part of a demonstration.'); END;

-- The history is append-only.
DROP TRIGGER IF EXISTS change_append_only_update;
CREATE TRIGGER change_append_only_update BEFORE UPDATE ON commitments_change
BEGIN SELECT RAISE(ABORT, 'The history cannot be changed.'); END;
DROP TRIGGER IF EXISTS change_append_only_delete;
CREATE TRIGGER change_append_only_delete BEFORE DELETE ON commitments_change
BEGIN SELECT RAISE(ABORT, 'The history cannot be deleted.'); END;
DROP TRIGGER IF EXISTS changeposition_append_only_update;
CREATE TRIGGER changeposition_append_only_update BEFORE UPDATE ON commitments_changeposition
BEGIN SELECT RAISE(ABORT, 'The history cannot be changed.'); END;
DROP TRIGGER IF EXISTS changeposition_append_only_delete;
CREATE TRIGGER changeposition_append_only_delete BEFORE DELETE ON commitments_changeposition
BEGIN SELECT RAISE(ABORT, 'The history cannot be deleted.'); END;
