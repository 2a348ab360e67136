//! T: time.

use super::rules;

rules! {
    T_01 "T-01" Error "Times have a form that DAPT allows"
        why "`HH:MM:SS`, `HH:MM:SS.fraction`, or a number with `h`, `m`, `s`, `ms`, `f` or `t`. A clock time with \
             frames is forbidden, because readers disagree about dropped frames: write frames as `240f`."
        source "DAPT, Time expressions"
        bad r#"{"begin": "00:00:10:12"}"#
        good r#"{"begin": "252f"}"#;

    T_02 "T-02" Error "Frames need a frame rate, ticks a tick rate"
        why "A reader would have to guess the rate, and a wrong guess moves every time."
        source "DAPT, ttp:frameRate; ttp:tickRate"
        bad r#"{"events": [{"id": "e1", "begin": "240f"}]}"#
        good r#"{"timing": {"frameRate": {"base": 24}}, "events": [{"id": "e1", "begin": "240f"}]}"#;

    T_03 "T-03" Warning "A document uses clock times or offsets, not both"
        why "DAPT asks for one form throughout, so that times can be compared by eye and edited alike."
        source "DAPT, Time expressions"
        bad r#"{"begin": "00:00:10", "end": "12s"}"#
        good r#"{"begin": "10s", "end": "12s"}"#;

    T_04 "T-04" Warning "An event has a begin and an end"
        why "Without them it lasts as long as what is around it, often the whole programme."
        source "DAPT, Script Event"
        bad r#"{"id": "e1", "begin": "10s"}"#
        good r#"{"id": "e1", "begin": "10s", "end": "12s"}"#;

    T_05 "T-05" Error "What is timed ends after it begins"
        why "Something that lasts no time, or less, is never shown and never spoken."
        source "TTML2, timing"
        bad r#"{"id": "e1", "begin": "12s", "end": "10s"}"#
        good r#"{"id": "e1", "begin": "10s", "end": "12s"}"#;

    T_06 "T-06" Warning "What is inside something timed lies within it in time"
        why "Times are relative to what is around them. A part that reaches past the whole is cut off, or never \
             shown; often it was given an absolute time by mistake."
        source "TTML2, timing"
        bad r#"{"id": "e1", "begin": "10s", "end": "12s", "texts": [{"begin": "10s", "content": "Hello."}]}"#
        good r#"{"id": "e1", "begin": "10s", "end": "12s", "texts": [{"begin": "0s", "content": "Hello."}]}"#;

    T_07 "T-07" Warning "Events are in the order in which they begin"
        why "People read the script from top to bottom, and so do many tools."
        source "practice"
        bad r#"{"events": [{"id": "e1", "begin": "20s"}, {"id": "e2", "begin": "10s"}]}"#
        good r#"{"events": [{"id": "e2", "begin": "10s"}, {"id": "e1", "begin": "20s"}]}"#;

    T_08 "T-08" Warning "A character speaks one event at a time"
        why "Nobody says two things at once: one of the times, or of the characters, is wrong. That events of \
             different characters overlap is only noted."
        source "practice"
        bad r#"{"events": [{"id": "e1", "begin": "10s", "end": "13s", "characters": ["c1"]}, {"id": "e2", "begin": "12s", "end": "15s", "characters": ["c1"]}]}"#
        good r#"{"events": [{"id": "e1", "begin": "10s", "end": "12s", "characters": ["c1"]}, {"id": "e2", "begin": "12s", "end": "15s", "characters": ["c1"]}]}"#;

    T_09 "T-09" Warning "Events lie within the programme"
        why "An event behind the end is never reached: the times, or the duration, belong to another cut."
        source "practice"
        bad r#"{"programme": {"duration": "2700s"}, "events": [{"id": "e1", "begin": "2701s"}]}"#
        good r#"{"programme": {"duration": "2700s"}, "events": [{"id": "e1", "begin": "2690s"}]}"#;

    T_10 "T-10" Error "A timecode exists at the frame rate of the document"
        why "Drop-frame counting leaves numbers out: `00:01:00;00` and `;01` do not exist at 29.97 frames a second. \
             Without a frame rate a timecode means nothing."
        source "practice; SMPTE timecode counting"
        bad r#"{"timing": {"frameRate": {"base": 30, "multiplier": [1000, 1001]}, "timecode": {"format": "DF"}, "firstFrameOfActionTimecode": "00:01:00;00"}}"#
        good r#"{"timing": {"frameRate": {"base": 30, "multiplier": [1000, 1001]}, "timecode": {"format": "DF"}, "firstFrameOfActionTimecode": "00:01:00;02"}}"#;

    T_11 "T-11" Advice "Timecode without dropped frames runs slower than the clock at 29.97 and its kin"
        why "At 1000/1001 of a whole rate it falls behind by 3.6 seconds an hour. Who takes such timecodes for clock \
             times has every line late at the end; look whether the times were made that way."
        source "practice"
        bad r#"{"programme": {"duration": "3603.6s"}, "timing": {"frameRate": {"base": 30, "multiplier": [1000, 1001]}}, "events": [{"id": "last", "begin": "3604s", "end": "3607s"}]}"#
        good r#"{"programme": {"duration": "3603.6s"}, "timing": {"frameRate": {"base": 30, "multiplier": [1000, 1001]}}, "events": [{"id": "last", "begin": "3600s", "end": "3603s"}]}"#;

    T_12 "T-12" Warning "The origin timecode is the start of the programme"
        why "If they differ, media time 0 is not where the programme starts, and times counted from the start are \
             off by the difference."
        source "DAPT, Timecode metadata"
        bad r#"{"timing": {"originTimecode": "00:59:50:00", "startOfProgrammeTimecode": "01:00:00:00"}}"#
        good r#"{"timing": {"originTimecode": "01:00:00:00", "startOfProgrammeTimecode": "01:00:00:00"}}"#;

    T_13 "T-13" Warning "Events begin and end on frames"
        why "Where a frame rate is declared, scripts are accurate to the frame. Times between frames come from \
             another rate or from rounding, and the next tool rounds them again."
        source "practice: dubbing scripts are frame-accurate"
        bad r#"{"timing": {"frameRate": {"base": 25}}, "events": [{"id": "e1", "begin": "10.017s"}]}"#
        good r#"{"timing": {"frameRate": {"base": 25}}, "events": [{"id": "e1", "begin": "10.04s"}]}"#;

    T_14 "T-14" Warning "The clip of a recording fits its interval"
        why "A clip that ends before it begins plays nothing (an error). A longer clip is cut off before its last \
             words; a much shorter one leaves silence."
        source "DAPT, Audio Recording"
        bad r#"{"begin": "0s", "end": "2s", "clipBegin": "5s", "clipEnd": "9s"}"#
        good r#"{"begin": "0s", "end": "4s", "clipBegin": "5s", "clipEnd": "9s"}"#;

    T_15 "T-15" Warning "Times count from the begin of the media, not from its timecode"
        why "Timecodes of a programme often start at 1 or 10 hours. Where all events lie behind such an hour, it was \
             probably left in the times, and every line comes an hour late."
        source "practice; DAPT, Timing"
        bad r#"{"events": [{"id": "e1", "begin": "01:00:10.000"}, {"id": "e2", "begin": "01:00:14.000"}, …]}"#
        good r#"{"timing": {"frameRate": {"base": 25}, "originTimecode": "01:00:00:00"}, "events": [{"id": "e1", "begin": "00:00:10.000"}, …]}"#;
}
