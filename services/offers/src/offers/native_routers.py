"""The faces that the app sees."""

from offers.artists.native import router as artists
from offers.categories.native import router as categories
from offers.favorites.native import router as favorites
from offers.movies.native import router as movies
from offers.offers.native import router as offers
from offers.reactions.native import router as reactions
from offers.recommendations.native import router as recommendations
from offers.reminders.native import router as reminders
from offers.search.native import router as search
from offers.venues.native import router as venues

native_routers = (
    categories,
    offers,
    venues,
    movies,
    artists,
    favorites,
    reminders,
    reactions,
    recommendations,
    search,
)
