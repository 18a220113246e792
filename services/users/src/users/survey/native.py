"""The app's cultural survey."""

from __future__ import annotations

from fastapi import Response
from pydantic import Field

from shared.errors import field_error
from shared.identity import NativeUser
from shared.web import NativeRequest, Session, native_router, operation
from shared.web import Response as Answering
from shared.web.access import people
from users.accounts.profile import active_account, locked_active_account
from users.survey.actions import keep_answers
from users.survey.rules import ANSWERS, TITLES, AnswerId, Question, are_consistent

router = native_router()


class CulturalSurveyAnswer(Answering):
    id: AnswerId
    sub_question: Question | None = Field(None, alias="sub_question")
    subtitle: str | None = None
    title: str


class CulturalSurveyQuestion(Answering):
    answers: list[CulturalSurveyAnswer]
    id: Question
    title: str


class CulturalSurveyQuestionsResponse(Answering):
    questions: list[CulturalSurveyQuestion]


class CulturalSurveyUserAnswer(NativeRequest):
    answer_ids: list[AnswerId]
    question_id: Question


class CulturalSurveyAnswersRequest(NativeRequest):
    answers: list[CulturalSurveyUserAnswer]


@router.get(
    "/native/v1/cultural_survey/questions",
    operation_id="getNativeV1CulturalSurveyQuestions",
    response_model=CulturalSurveyQuestionsResponse,
    openapi_extra=operation(access=people()),
)
async def cultural_survey_questions(principal: NativeUser, session: Session) -> CulturalSurveyQuestionsResponse:
    await active_account(session, principal)
    return CulturalSurveyQuestionsResponse(
        questions=[
            CulturalSurveyQuestion(
                id=question,
                title=TITLES[question],
                answers=[
                    CulturalSurveyAnswer(
                        id=AnswerId(answer.id), title=answer.title, subtitle=answer.subtitle, sub_question=answer.opens
                    )
                    for answer in ANSWERS[question]
                ],
            )
            for question in Question
        ]
    )


@router.post(
    "/native/v1/cultural_survey/answers",
    operation_id="postNativeV1CulturalSurveyAnswers",
    status_code=204,
    response_class=Response,
    openapi_extra=operation(access=people()),
)
async def cultural_survey_answers(
    body: CulturalSurveyAnswersRequest, principal: NativeUser, session: Session
) -> Response:
    account = await locked_active_account(session, principal)
    said = [(answer.question_id, [found.value for found in answer.answer_ids]) for answer in body.answers]
    if not are_consistent(said):
        raise field_error("answers", "Ces réponses ne correspondent pas aux questions.")
    await keep_answers(session, account, said)
    return Response(status_code=204)
